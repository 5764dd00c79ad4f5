//! A fence around the readers of files nobody vouches for: a panic inside becomes a sentence, and prints nothing.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;

use super::SourceError;
use crate::model::Row;

thread_local! {
    /// Whether this thread is inside the fence, where panics are told by an error instead of on standard error.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a reader. Whatever it was working on when it panicked is given up.
pub(super) fn run<T>(path: &str, work: impl FnOnce() -> Result<T, SourceError>) -> Result<T, SourceError> {
    quieten();
    let before = INSIDE.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(before);
    result.unwrap_or_else(|_| {
        let detail = "its structure makes no sense to the reader".to_owned();
        Err(SourceError::Damaged { path: path.to_owned(), detail })
    })
}

/// Runs a reader that pushes rows. A panic of the receiver is none of ours and goes on as it came.
pub(super) fn run_pushing<T>(
    path: &str,
    each: &mut dyn FnMut(Row) -> ControlFlow<()>,
    work: impl FnOnce(&mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    let mut of_receiver = None;
    let result = run(path, || {
        work(&mut |row| {
            INSIDE.set(false);
            let flow = catch_unwind(AssertUnwindSafe(|| each(row)));
            INSIDE.set(true);
            flow.unwrap_or_else(|panic| {
                of_receiver = Some(panic);
                ControlFlow::Break(())
            })
        })
    });
    match of_receiver {
        Some(panic) => resume_unwind(panic),
        None => result,
    }
}

/// Sets a hook, once, that is silent inside the fence and leaves all other panics to the hook before it.
fn quieten() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RowNumber;

    #[test]
    fn a_panic_inside_becomes_a_sentence() {
        let error = run::<()>("people.xls", || panic!("index out of bounds")).unwrap_err();
        assert_eq!(error.to_string(), "people.xls is damaged: its structure makes no sense to the reader");
        assert!(!INSIDE.get());
    }

    #[test]
    fn a_panic_of_the_receiver_goes_on() {
        let fallen = catch_unwind(|| {
            run_pushing("x", &mut |_| panic!("of the receiver"), |each| {
                assert!(each(Row::new(RowNumber(1))).is_break());
                Ok(())
            })
        });
        assert_eq!(fallen.unwrap_err().downcast_ref::<&str>(), Some(&"of the receiver"));
        assert!(!INSIDE.get());
    }
}
