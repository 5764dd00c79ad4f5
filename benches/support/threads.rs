//! What each thread of this process takes while it works.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::Outcome;

/// How often the threads are looked at. Of one that ends, what it took after the last look is missed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// CPU time by the name of the thread; to the nanosecond, but for the last look. The thread that works has no name here.
pub type Taken = BTreeMap<String, Duration>;

/// Works, and says what its threads took. Nothing, where the system does not tell.
pub fn taken<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Option<Taken>)> {
    let over = AtomicBool::new(false);
    let before = look().ok();
    let (worked, last) = thread::scope(|scope| {
        let watch = thread::Builder::new().name("watch".to_owned()).spawn_scoped(scope, || {
            let mut last = BTreeMap::new();
            while !over.load(Ordering::Acquire) {
                last.extend(look()?);
                thread::sleep(LOOK_EVERY);
            }
            last.extend(look()?);
            io::Result::Ok(last)
        })?;
        let worked = work();
        over.store(true, Ordering::Release);
        let last = watch.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Outcome::Ok((worked?, last.ok()))
    })?;
    let taken = before.zip(last).map(|(before, last)| {
        let mut taken = Taken::new();
        for (thread, (name, cpu)) in last {
            let already = before.get(&thread).map_or(Duration::ZERO, |(_, cpu)| *cpu);
            let name = if thread == std::process::id() { String::new() } else { name };
            *taken.entry(name).or_default() += cpu.saturating_sub(already);
        }
        taken.remove("watch");
        taken
    });
    Ok((worked, taken))
}

/// All threads by number, with name and CPU time so far (proc_pid_task(5), the first field of `schedstat`).
fn look() -> io::Result<BTreeMap<u32, (String, Duration)>> {
    let mut threads = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        // It may have ended since.
        let (Ok(name), Ok(stat)) = (fs::read_to_string(path.join("comm")), fs::read_to_string(path.join("schedstat")))
        else {
            continue;
        };
        let number = path.file_name().and_then(|name| name.to_str()?.parse().ok());
        let cpu = stat.split(' ').next().and_then(|cpu| cpu.parse().ok());
        if let (Some(number), Some(cpu)) = (number, cpu) {
            threads.insert(number, (name.trim_end().to_owned(), Duration::from_nanos(cpu)));
        }
    }
    Ok(threads)
}
