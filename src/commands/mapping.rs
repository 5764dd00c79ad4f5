//! `c3import mapping`: check, explain, schema, shipped.

use std::ops::ControlFlow;

use serde_json::json;

use super::reports::mapping_words;
use super::stage::{Stage, open, read_mapping, unreadable};
use super::{Exit, Failure, Failures};
use crate::cli::{MappingCheckArgs, MappingCommand, MappingExplainArgs};
use crate::mapping::{Diagnostic, Level, Mapping, SHIPPED, Shipped, TraceEnd, schema};
use crate::model::{Header, Mapped, Row, excerpt};
use crate::ui::{Terminal, diagnostics, issue_line};

/// How many characters of a value a trace shows.
const SHOWN_CHARS: usize = 120;

/// `c3import mapping …`.
pub fn mapping(terminal: &Terminal, command: MappingCommand) -> Result<Exit, Failures> {
    match command {
        MappingCommand::Check(args) => check(terminal, &args),
        MappingCommand::Explain(args) => explain(terminal, &args),
        MappingCommand::Shipped(args) => shipped_mapping(terminal, args.name.as_deref()),
        MappingCommand::Schema => {
            let text = format!("{:#}\n", schema());
            print(terminal, &text)
        }
    }
}

fn print(terminal: &Terminal, text: &str) -> Result<Exit, Failures> {
    let said = terminal.data(text.as_bytes());
    said.map_err(|error| Failure::machine(format!("standard output cannot be written: {error}")))?;
    Ok(Exit::Landed)
}

/// Lists the mappings that come with the program, or prints one.
fn shipped_mapping(terminal: &Terminal, name: Option<&str>) -> Result<Exit, Failures> {
    let Some(name) = name else {
        let line = |shipped: &Shipped| format!("{:<24} {}\n", shipped.name, shipped.title());
        return print(terminal, &SHIPPED.iter().map(line).collect::<String>());
    };
    let wanted = name.trim_end_matches(".toml");
    match SHIPPED.iter().find(|shipped| shipped.name == wanted) {
        Some(shipped) => print(terminal, shipped.text_alone()),
        None => {
            let message = format!("no mapping called \"{}\" comes with the program", excerpt(name, SHOWN_CHARS));
            let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
            Err(Failure::unusable(message).hint(format!("there are {}", names.join(", "))).into())
        }
    }
}

fn check(terminal: &Terminal, args: &MappingCheckArgs) -> Result<Exit, Failures> {
    let text = read_mapping(&args.mapping)?;
    let mut told = Vec::new();
    let mut read_as = None;
    match Mapping::parse(&text) {
        Err(problems) => told = problems,
        Ok(mapping) => {
            told.extend(mapping.lint());
            if let Some(source) = &args.source {
                let table = open(source, mapping.source_options().clone())?;
                let header = table.header();
                read_as =
                    Some(format!("{} (row {}), read as {}", source.input(), header.row, table.shape().description));
                match mapping.compile(header) {
                    Err(problems) => told.extend(problems),
                    Ok(mapper) => told.extend(mapping.lint_against(header, &mapper)),
                }
            }
        }
    }
    let usable = told.iter().all(|diagnostic| diagnostic.level != Level::Error);
    let exit = if usable { Exit::Landed } else { Exit::Unusable };
    if args.json {
        let told: Vec<_> = told.iter().map(|diagnostic| as_json(&text, diagnostic)).collect();
        let report = json!({ "mapping": args.mapping.display().to_string(), "usable": usable, "diagnostics": told });
        print(terminal, &format!("{report:#}\n"))?;
        return Ok(exit);
    }
    let name = args.mapping.display().to_string();
    if !told.is_empty() {
        let drawn = diagnostics::render(&name, &text, &told, terminal.colour());
        if usable { terminal.say(&drawn) } else { terminal.complain(&drawn) }
    }
    terminal.say(&conclusion(&name, &told, read_as.as_deref()));
    Ok(exit)
}

/// `people.toml can be used: 1 warning, 2 notes; the columns are those of …`.
fn conclusion(name: &str, told: &[Diagnostic], read_as: Option<&str>) -> String {
    let count = |level: Level| {
        let count = told.iter().filter(|diagnostic| diagnostic.level == level).count();
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {}{plural}", level.as_str()))
    };
    let counts: Vec<String> = [Level::Error, Level::Warning, Level::Note].into_iter().filter_map(count).collect();
    let counts = if counts.is_empty() { "nothing to remark".to_owned() } else { counts.join(", ") };
    let verdict = if told.iter().any(|told| told.level == Level::Error) { "cannot be used" } else { "can be used" };
    let mut text = format!("{name} {verdict}: {counts}");
    if let Some(read_as) = read_as {
        text.push_str(&format!("\n  hint: the columns are those of {read_as}"));
    }
    text
}

fn as_json(text: &str, diagnostic: &Diagnostic) -> serde_json::Value {
    let place = diagnostic.span.as_ref().map(|span| {
        let before = text.get(..span.start).unwrap_or(text);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        let column = 1 + before.chars().rev().take_while(|c| *c != '\n').count();
        json!({ "start": span.start, "end": span.end, "line": line, "column": column })
    });
    json!({
        "level": diagnostic.level.as_str(),
        "message": diagnostic.message,
        "place": place,
        "label": diagnostic.label,
        "help": diagnostic.help,
    })
}

fn explain(terminal: &Terminal, args: &MappingExplainArgs) -> Result<Exit, Failures> {
    let Stage { table, mapper, .. } = Stage::set(terminal, &args.source, Some(&args.mapping))?;
    let header = table.header().clone();
    let Some(number) = args.row else {
        let words = mapping_words(&mapper, &header);
        let text: String = words.iter().map(|(letters, words)| format!("{letters:<8} {words}\n")).collect();
        return print(terminal, &text);
    };
    let mut wanted: Option<Row> = None;
    let end = table.read(&mut |row| {
        if row.number.0 < number {
            return ControlFlow::Continue(());
        }
        wanted = (row.number.0 == number).then(|| row.clone());
        ControlFlow::Break(())
    });
    end.map_err(|error| unreadable(&error))?;
    let Some(row) = wanted else {
        let message = format!("{} has no row {number} below its header (row {})", args.source.input(), header.row);
        return Err(Failure::unusable(message).hint("rows are counted as a spreadsheet shows them").into());
    };
    let mut text = String::new();
    for trace in mapper.trace(&row) {
        let place = match trace.column {
            Some(column) => format!("{}{number} \"{}\"", column.letters(), excerpt(&header.label(column), SHOWN_CHARS)),
            None => "the mapping".to_owned(),
        };
        text.push_str(&format!("{} ← {place}\n", excerpt(&trace.target, SHOWN_CHARS)));
        for (name, value) in &trace.steps {
            text.push_str(&format!("  {name:<12} \"{}\"\n", excerpt(value, SHOWN_CHARS)));
        }
        match &trace.end {
            TraceEnd::Sent(value) => text.push_str(&format!("  = \"{}\"\n", excerpt(value, SHOWN_CHARS))),
            TraceEnd::Joined => text.push_str("  joined with the others below\n"),
            TraceEnd::Withheld(why) => text.push_str(&format!("  ! {why}\n")),
        }
    }
    text.push_str(&fate(&args.source.input().to_string(), &header, &row, mapper.map(&row)));
    print(terminal, &text)
}

/// What the row as a whole becomes.
fn fate(input: &str, header: &Header, row: &Row, mapped: Mapped) -> String {
    let lines = |issues: &[crate::model::Issue]| {
        let lines: Vec<String> =
            issues.iter().map(|issue| format!("  {}\n", issue_line(input, header, row.number, issue))).collect();
        lines.concat()
    };
    match mapped {
        Mapped::Card { warnings, .. } if warnings.is_empty() => "the row is sent\n".to_owned(),
        Mapped::Card { warnings, .. } => format!("the row is sent, without:\n{}", lines(&warnings)),
        Mapped::Rejected(issues) => format!("the row is not sent:\n{}", lines(&issues)),
        Mapped::Skipped => "the row is skipped: there is nothing to send\n".to_owned(),
        Mapped::Excluded(reason) => format!("the row is skipped: {reason}\n"),
    }
}
