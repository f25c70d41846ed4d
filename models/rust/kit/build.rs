// The compiler's version, for the record.
use std::process::Command;

fn main() {
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let said = Command::new(compiler).arg("--version").output().map(|done| done.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&said).split_whitespace().nth(1).unwrap_or("unknown").to_owned();
    println!("cargo:rustc-env=CBENCH_RUSTC={version}");
    println!("cargo:rerun-if-changed=build.rs");
}
