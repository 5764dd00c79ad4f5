//! The plug, in builds for tests.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use super::Moment;

/// The variable's plug, which hangs on every thread that has no other.
static PROCESS: LazyLock<Cord> = LazyLock::new(|| {
    Cord(std::env::var("C3IMPORT_PULL_PLUG").ok().map(|text| {
        let (moment, times) = read(&text);
        // The one end without unwinding, destructors or flushing that the standard library has.
        Arc::new(Plug::new(moment, times, || std::process::abort()))
    }))
});

thread_local! {
    static THREAD: RefCell<Cord> = RefCell::new(PROCESS.clone());
}

/// What is done at a moment, when that has come so many times.
pub struct Plug {
    moment: Moment,
    left: AtomicU64,
    pull: Box<dyn Fn() + Send + Sync>,
}

/// What a thread hands on to those that it starts.
#[derive(Clone, Debug, Default)]
pub struct Cord(Option<Arc<Plug>>);

impl Plug {
    /// `times` is at least 1.
    pub fn new(moment: Moment, times: u64, pull: impl Fn() + Send + Sync + 'static) -> Plug {
        Plug { moment, left: AtomicU64::new(times), pull: Box::new(pull) }
    }
}

impl fmt::Debug for Plug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.moment.as_str(), self.left.load(Ordering::Relaxed))
    }
}

impl From<Plug> for Cord {
    fn from(plug: Plug) -> Cord {
        Cord(Some(Arc::new(plug)))
    }
}

impl Cord {
    /// Hangs this thread on it, in place of any other.
    pub fn hang_on(self) {
        THREAD.with_borrow_mut(|cord| *cord = self);
    }
}

/// The cord of this thread.
pub fn cord() -> Cord {
    THREAD.with_borrow(Cord::clone)
}

/// The plug may be pulled here.
pub fn at(moment: Moment) {
    if let Cord(Some(plug)) = cord()
        && plug.moment == moment
        && plug.left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        (plug.pull)();
    }
}

fn read(text: &str) -> (Moment, u64) {
    let parsed = text.split_once(':').and_then(|(name, count)| {
        let moment = Moment::ALL.into_iter().find(|moment| moment.as_str() == name)?;
        Some((moment, count.parse().ok().filter(|&count| count > 0)?))
    });
    parsed.expect("C3IMPORT_PULL_PLUG is a moment and a count, such as answer-heard:3")
}
