//! A trial of one of the models in this folder, by docs/protocol.md: the spec on standard input, events on descriptor 3.

mod rayon_pool;
mod sequential;
mod tokio_tasks;

use cbench_kit::ModelInfo;

const MODELS: [ModelInfo; 3] = [
    ModelInfo { name: "rust-sequential", make: sequential::make },
    ModelInfo { name: "tokio", make: tokio_tasks::make },
    ModelInfo { name: "rayon", make: rayon_pool::make },
];

fn main() {
    cbench_kit::run(&MODELS);
}
