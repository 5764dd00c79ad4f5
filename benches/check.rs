//! How long `check` takes, beside the bare reading of the same file, and how much memory.
//!
//! `cargo bench --bench check [-- [ROWS] [WORD]]`; a word keeps only the ways whose name holds it
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use c3import::jsonapi;
use c3import::mapping::Scraps;
use c3import::model::{Digester, Mapped, ServerRules};
use c3import::pipeline::{self, Ending, Plan};
use c3import::plan::{MergePlan, Said, Sightings};
use c3import::schedule::Policy;
use c3import::source::Table;
use calamine::Xlsx;

use support::people::{Crowd, HEADER};
use support::program::Program;
use support::rounds::{Way, compare};
use support::{Outcome, files, is_wanted, mapping};

const MIB: f64 = 1024.0 * 1024.0;

fn main() -> Outcome {
    let rows = support::rows(1_000_000);
    let text = files::csv(rows, Crowd::Mixed)?;
    let bytes = fs::metadata(&text)?.len();
    let sightings = sightings(&text)?;
    compare(
        &format!("CSV, {rows} rows × {}, {} B a row", HEADER.len(), bytes / rows),
        Some(bytes),
        vec![
            Way::new("csv, bare loop", || bare_csv(&text)),
            Way::new("check", || checked(&text)),
            Way::new("its merge plan alone", || planned(&sightings)),
            Way::new("reading alone", || read(&text, |_| ControlFlow::Continue(()))),
            Way::new("reading, mapping, one thread", || mapped(&text)),
        ],
    )?;
    memory(&text)?;
    for rows in [rows.div_ceil(10), files::sheet_rows(rows)] {
        let book = files::xlsx(rows, Crowd::Mixed)?;
        let bytes = fs::metadata(&book)?.len();
        compare(
            &format!("XLSX, {rows} rows × {}, {} B a row packed", HEADER.len(), bytes / rows),
            Some(bytes),
            vec![
                Way::new("calamine, bare cell loop", || bare_xlsx(&book)),
                Way::new("check", || checked(&book)),
                Way::new("reading alone", || read(&book, |_| ControlFlow::Continue(()))),
                Way::new("reading, mapping, one thread", || mapped(&book)),
            ],
        )?;
    }
    Ok(())
}

/// What the program takes at most for the same file, and what it may take.
fn memory(path: &Path) -> Outcome {
    if !is_wanted("memory") {
        return Ok(());
    }
    let (table, mapper) = mapping::open(path)?;
    let report = pipeline::run(Plan::look(table, mapper, ServerRules::default(), Policy::default()))?;
    let identities = report.merges.ok_or("there is no merge plan")?.identities;
    let bound = 24.0 + 24.0 * identities as f64 / MIB;
    let peak = Program::new(mapping::file()?, String::new()).peak(&["check"], path)?;
    println!("\n{identities} distinct identities: no more than 24 MiB + 24 B each, {bound:.1} MiB");
    match peak {
        Some(peak) => println!("peak memory {peak:.1} MiB, {:.2} of it", peak / bound),
        None => println!("peak memory n/a"),
    }
    Ok(())
}

fn bare_csv(path: &Path) -> Outcome<u64> {
    let mut reader = csv::Reader::from_path(path)?;
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record)? {
        black_box(&record);
        rows += 1;
    }
    Ok(rows)
}

fn bare_xlsx(path: &Path) -> Outcome<u64> {
    let mut workbook: Xlsx<_> = calamine::open_workbook::<Xlsx<BufReader<File>>, _>(path)?;
    let mut cells = workbook.worksheet_cells_reader("People")?;
    let mut last = 0;
    while let Some(cell) = cells.next_cell()? {
        last = black_box(&cell).get_position().0;
    }
    Ok(u64::from(last))
}

/// Every row that is fit, as the merge plan sees it, in batches.
fn sightings(path: &Path) -> Outcome<Vec<Sightings>> {
    let (table, mapper) = mapping::open(path)?;
    let (rules, digester) = (ServerRules::default(), Digester::default());
    let mut batches = vec![Sightings::default()];
    push(table, &mut |row| {
        if let Mapped::Card { card, .. } = mapper.map(row) {
            if batches.last().is_none_or(|batch| batch.len() == 256) {
                batches.push(Sightings::default());
            }
            let document = jsonapi::encode(&card, rules.name_at);
            let keys = rules.recognised_by(&card).map(|(key, _)| key);
            if let Some(batch) = batches.last_mut() {
                batch.add(row.number, &card, keys, digester.digest(&document), Some(document.len()));
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(batches)
}

/// The merge plan without the rest of a check.
fn planned(batches: &[Sightings]) -> Outcome<u64> {
    let mut plan = MergePlan::default();
    for batch in batches {
        plan.add(batch, &mut |_, _| Said::default());
    }
    Ok(plan.finish().rows)
}

/// The same as `c3import check`, without the terminal.
fn checked(path: &Path) -> Outcome<u64> {
    let (table, mapper) = mapping::open(path)?;
    let report = pipeline::run(Plan::look(table, mapper, ServerRules::default(), Policy::default()))?;
    match (&report.ending, report.read) {
        (Ending::Finished, Some(end)) => Ok(end.rows),
        (ending, _) => Err(format!("the check ended early: {ending:?}").into()),
    }
}

fn read(path: &Path, mut each: impl FnMut(&c3import::model::Row) -> ControlFlow<()>) -> Outcome<u64> {
    let (table, _) = mapping::open(path)?;
    push(table, &mut each)
}

fn mapped(path: &Path) -> Outcome<u64> {
    let (table, mapper) = mapping::open(path)?;
    let mut scraps = Scraps::default();
    push(table, &mut |row| {
        if let Mapped::Card { card, .. } = black_box(mapper.map_with(row, &mut scraps)) {
            scraps.take_back(card);
        }
        ControlFlow::Continue(())
    })
}

fn push(table: Table, each: &mut dyn FnMut(&c3import::model::Row) -> ControlFlow<()>) -> Outcome<u64> {
    let end = table.read(&mut |row| each(black_box(row)))?;
    Ok(end.rows)
}
