//! What the models in this folder share: docs/protocol.md in Rust. A model implements [`Model`]; [`run`] is the rest.

mod apart;
mod arrivals;
pub mod clock;
mod counts;
pub mod digest;
pub mod frame;
mod histogram;
mod kernels;
mod load;
mod open_load;
mod script;
mod source;
mod spec;
mod trial;

pub use apart::Apart;
pub use counts::Window;
pub use kernels::{Kernel, Kernels};
pub use load::{Load, Task};
pub use script::{Script, Step};
pub use source::Sources;
pub use spec::{LoadKind, Peer, Spec};
pub use trial::{run, Environment, Model, ModelInfo, Refusal};

/// Why a task could not be done, in one line.
pub type TaskError = String;
