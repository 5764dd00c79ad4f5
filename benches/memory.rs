//! How much memory the program takes at most, for small and for large files.
//!
//! `cargo bench --bench memory [-- ROWS]`
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use support::canned::{self, Canned};
use support::people::Crowd;
use support::program::Program;
use support::{Outcome, files, mapping};

fn main() -> Outcome {
    canned::answer_if_asked()?;
    let large = support::rows(1_000_000);
    let small = (large / 100).max(1);
    let tables = [files::csv(small, Crowd::Mixed)?, files::csv(large, Crowd::Mixed)?];
    let books = [files::xlsx(small, Crowd::Mixed)?, files::xlsx(files::sheet_rows(large), Crowd::Mixed)?];
    let server = Canned::start(Duration::ZERO)?;
    let program = Program::new(mapping::file()?, server.url());

    println!("\npeak memory, MiB");
    println!("{:<28} {:>14} {:>14} {:>10}", "", format!("{small} rows"), format!("{large} rows"), "more");
    for (name, words, tables) in [
        ("check", vec!["check"], &tables),
        ("check, XLSX", vec!["check"], &books),
        ("import, 4 in flight", vec!["import", "--rate", "unlimited", "--concurrency", "4"], &tables),
        ("import, 128 in flight", vec!["import", "--rate", "unlimited", "--concurrency", "128"], &tables),
    ] {
        let [small, large] = tables.each_ref().map(|table| program.peak(&words, table));
        let (small, large) = (small?, large?);
        let more = small.zip(large).map(|(small, large)| large - small);
        println!("{name:<28} {:>14} {:>14} {:>10}", shown(small), shown(large), shown(more));
    }
    let [small, large] = books.each_ref().map(|book| shared_strings(book));
    println!("{:<28} {:>14.1} {:>14.1}", "  its shared strings, as XML", small?, large?);
    Ok(())
}

/// The size of a workbook's shared strings, unpacked, in MiB.
fn shared_strings(book: &Path) -> Outcome<f64> {
    let mut zip = zip::ZipArchive::new(File::open(book)?)?;
    Ok(zip.by_name("xl/sharedStrings.xml")?.size() as f64 / 1_048_576.0)
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| "n/a".to_owned(), |number| format!("{number:.1}"))
}
