//! Diagnostics of a mapping, drawn in the manner of rustc: the line, the place underlined, what to write instead.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::mapping::{Diagnostic, Level as Weight};
use crate::model::excerpt;

/// Wide enough for a column's name with its table; longer lines are cut around the place.
const WIDTH_COLUMNS: usize = 120;

/// The most characters of a path that are shown.
const PATH_CHARS: usize = 400;

/// Draws diagnostics one below the other, without a line end after the last; empty for none.
///
/// `text` is the mapping that the spans refer to; spans beyond it are brought to its end.
pub fn render(file_name: &str, text: &str, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(WIDTH_COLUMNS).decor_style(DecorStyle::Ascii);
    let path = excerpt(file_name, PATH_CHARS);
    let drawn: Vec<String> =
        diagnostics.iter().map(|diagnostic| renderer.render(&[group(&path, text, diagnostic)])).collect();
    drawn.join("\n\n")
}

fn group<'a>(path: &'a str, text: &'a str, diagnostic: &'a Diagnostic) -> Group<'a> {
    let title = match diagnostic.level {
        Weight::Error => Level::ERROR,
        Weight::Warning => Level::WARNING,
        Weight::Note => Level::NOTE,
    };
    let title = title.primary_title(diagnostic.message.as_str());
    let group = match &diagnostic.span {
        None => title.element(Origin::path(path)),
        Some(span) => {
            let annotation = AnnotationKind::Primary.span(within(text, span)).label(diagnostic.label.as_str());
            title.element(Snippet::source(text).path(path).annotation(annotation))
        }
    };
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// The span, on character boundaries of the text.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}

#[cfg(test)]
mod tests;
