//! Keeps apart in memory what different threads write.

use std::ops::Deref;

/// What lies two cache lines from everything else, since processors fetch them in pairs: neither who writes it nor who
/// writes beside it takes the line of others away.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Apart<T>(pub T);

impl<T> Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
