//! A mapping proposed from what columns are called and from what stands in them; every line with its reason. Nothing is
//! proposed of which the content speaks against the name.

mod content;
mod countries;
mod words;

use content::Content;
use words::Likeness;
pub use words::Role;

use super::cell;
use crate::model::{ColumnIndex, Header, Row, excerpt};

/// Less than this, in hundredths, and a column is only mentioned.
const CONFIDENCE_MIN: usize = 50;

/// How many rows are worth looking at; more tell no more.
pub const SAMPLE_ROWS: usize = 1000;

/// More different countries than this are not listed in a source.
const COUNTRIES_MAX: usize = 24;

/// How many characters of a header a comment shows.
const SHOWN_CHARS: usize = 60;

/// How the table was read, to be pinned in `[source]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pinned {
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The delimiter of a text table.
    pub delimiter: Option<u8>,
    /// The encoding of a text table.
    pub encoding: Option<String>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The mapping file.
    pub text: String,
    /// How many columns it uses.
    pub used: usize,
    /// Whether there is anything to recognise people by; without it the mapping cannot be used yet.
    pub has_contact: bool,
    /// How many cells hold phone numbers that say no country, when the mapping knows none.
    pub phones_without_country: usize,
}

/// One column, judged.
struct Finding {
    column: ColumnIndex,
    role: Option<Role>,
    /// Hundredths.
    confidence: usize,
    reason: String,
    content: Content,
}

/// What a column seems to hold, and what its author says instead; `None` keeps it out of the mapping.
pub type Said = (ColumnIndex, Option<Role>);

/// What every column with values in the sample seems to hold, unless it cannot be named.
pub fn seems(header: &Header, sample: &[Row]) -> Vec<Said> {
    let sure = |finding: Finding| {
        let role = finding.role.filter(|_| finding.confidence >= CONFIDENCE_MIN);
        (finding.content.filled > 0 && reference(header, finding.column).is_some()).then_some((finding.column, role))
    };
    judged(header, sample).filter_map(sure).collect()
}

fn judged(header: &Header, sample: &[Row]) -> impl Iterator<Item = Finding> {
    let columns = (0..header.names.len()).filter_map(|at| u32::try_from(at).ok()).map(ColumnIndex);
    columns.map(|column| judge(header, column, Content::of(column, sample)))
}

/// Proposes a mapping. `country`: two letters, where the author knows whose the national phone numbers are; `said`: what
/// the author knows about columns, which goes above all that is found.
pub fn suggest(header: &Header, sample: &[Row], pinned: &Pinned, country: Option<&str>, said: &[Said]) -> Suggestion {
    let settle = |finding: Finding| match said.iter().find(|(column, _)| *column == finding.column) {
        Some(&(_, role)) if role != finding.role => {
            Finding { role, confidence: 100, reason: "you said so".into(), ..finding }
        }
        _ => finding,
    };
    let findings: Vec<Finding> = judged(header, sample).map(settle).collect();
    let one = |role| findings.iter().find(|finding| finding.role == Some(role)).map(|finding| finding.column);
    let whole_name_has_last = match (one(Role::FullName), one(Role::LastName)) {
        (Some(whole), Some(last)) => has_within(sample, whole, last),
        _ => false,
    };
    Writer { whole_name_has_last, header, findings, pinned, country, used: Vec::new(), text: String::new(), sample }
        .write()
}

/// Whether, in most rows that have both, the text of one column stands within that of another.
fn has_within(sample: &[Row], whole: ColumnIndex, part: ColumnIndex) -> bool {
    let texts = sample.iter().map(|row| (cell::trim(row.cell(whole)), cell::trim(row.cell(part))));
    let both: Vec<_> = texts.filter(|(whole, part)| !whole.is_empty() && !part.is_empty()).collect();
    both.iter().filter(|(whole, part)| whole.contains(part)).count() * 2 > both.len()
}

fn judge(header: &Header, column: ColumnIndex, content: Content) -> Finding {
    let name = header.names.get(column.index()).map_or("", |name| cell::trim(name));
    let finding = |role, confidence, reason: String| Finding { column, role, confidence, reason, content };
    let (emails, phones) = (content.percent(content.emails), content.percent(content.phones));
    if reference(header, column).is_none() {
        return finding(None, 0, "other columns are called like it, and like its place".to_owned());
    }
    let said = match words::role(name) {
        Err(veto) => return finding(None, 0, format!("its name says \"{veto}\", so it is no contact of the person")),
        Ok(said) => said,
    };
    let base = |likeness| if likeness == Likeness::Whole { 70 } else { 55 };
    match said {
        Some((role @ (Role::Email | Role::Phone), likeness)) => {
            let (share, count, what) = match role {
                Role::Email => (emails, content.emails, "e-mail addresses"),
                _ => (phones, content.phones, "phone numbers"),
            };
            if content.filled == 0 {
                finding(Some(role), base(likeness), "called so; its cells are blank in the sample".to_owned())
            } else if share >= 50 {
                let reason = format!("called so, and {count} of {} cells are {what}", content.filled);
                finding(Some(role), (base(likeness) + share * 3 / 10).min(99), reason)
            } else {
                let reason = format!("called so, but only {count} of {} cells are {what}", content.filled);
                finding(None, 0, reason)
            }
        }
        None | Some((Role::Custom | Role::FullName, _)) if content.filled > 0 && emails >= 80 => finding(
            Some(Role::Email),
            60,
            format!("not called so, but {} of {} cells are e-mail addresses", content.emails, content.filled),
        ),
        None if content.filled > 0 && phones >= 80 && content.international * 2 > content.filled => finding(
            Some(Role::Phone),
            55,
            format!("not called so, but {} of {} cells are phone numbers", content.phones, content.filled),
        ),
        None => finding(None, 0, "its name says nothing about people".to_owned()),
        Some((Role::FullName | Role::FirstName | Role::MiddleName | Role::LastName, _))
            if content.percent(content.emails + content.letterless) >= 50 =>
        {
            finding(None, 0, "called like a name, but its cells are none".to_owned())
        }
        Some((role, likeness)) => finding(Some(role), base(likeness) + 20, "called so".to_owned()),
    }
}

struct Writer<'a> {
    header: &'a Header,
    findings: Vec<Finding>,
    pinned: &'a Pinned,
    country: Option<&'a str>,
    used: Vec<ColumnIndex>,
    text: String,
    sample: &'a [Row],
    /// Whether the last name stands in the column with the whole name, too.
    whole_name_has_last: bool,
}

impl Writer<'_> {
    fn write(mut self) -> Suggestion {
        self.line("# Proposed by c3import guess from the columns' names and the first rows: a beginning, to be read before use.");
        self.line(&format!(
            "# Beside each line stands how sure it is, and why ({} rows looked at).",
            self.sample.len()
        ));
        self.line("#   c3import mapping explain MAPPING FILE   what it does, in words");
        self.line("#   c3import check FILE -m MAPPING          every row looked at, nothing sent");
        self.line("");
        self.line("version = 1");
        self.source();
        self.line("");
        self.line("[card]");
        self.name();
        let has_email = self.channel(Role::Email, "email");
        let without_country = self.without_country();
        let has_phone = self.channel(Role::Phone, "voice");
        let has_other = [(Role::Facebook, "facebook"), (Role::Vk, "vk"), (Role::Line, "line")]
            .map(|(role, key)| self.channel(role, key))
            .contains(&true);
        let has_contact = has_email || has_phone || has_other;
        if !has_contact {
            self.line("# Nothing was found that people could be recognised by. Name a column:");
            self.line("# email = \"…\"");
        }
        self.custom();
        self.rest();
        let phones_without_country = if has_phone { without_country } else { 0 };
        Suggestion { text: self.text, used: self.used.len(), has_contact, phones_without_country }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn source(&mut self) {
        self.line("");
        self.line("[source]");
        self.line(&format!("header_row = {}", self.header.row.0.max(1)));
        let pinned = self.pinned;
        if let Some(sheet) = &pinned.sheet {
            self.line(&format!("sheet = {}", quoted(sheet)));
        }
        if let Some(delimiter) = pinned.delimiter {
            let name = if delimiter == b'\t' { "tab".to_owned() } else { char::from(delimiter).to_string() };
            self.line(&format!("delimiter = {}", quoted(&name)));
        }
        if let Some(encoding) = &pinned.encoding {
            self.line(&format!("encoding = {}", quoted(encoding)));
        }
        let names: Vec<String> = self.header.names.iter().map(|name| quoted(cell::trim(name))).collect();
        self.line("# Without the # this stops a file whose columns have changed:");
        self.line(&format!("# expect_columns = [{}]", names.join(", ")));
    }

    /// The columns of a role that are sure enough, in order.
    fn of(&self, role: Role) -> Vec<usize> {
        let fits = |finding: &Finding| finding.role == Some(role) && finding.confidence >= CONFIDENCE_MIN;
        (0..self.findings.len()).filter(|at| fits(&self.findings[*at])).collect()
    }

    fn name(&mut self) {
        let one = |role| self.of(role).first().copied();
        let parts: Vec<usize> =
            [Role::FirstName, Role::MiddleName, Role::LastName].into_iter().filter_map(one).collect();
        let in_template = |at: &usize| !self.reference(*at).contains(['{', '}']);
        let full = one(Role::FullName);
        // "Name" beside "First name" is the last name in many tables, and the whole in others; the parts are safe. So it
        // is beside "Last name", unless that stands in it.
        let has_first = one(Role::FirstName).is_some();
        let (value, used) = match full {
            Some(at) if parts.is_empty() || self.whole_name_has_last || !parts.iter().all(in_template) => {
                (self.plain(at), vec![at])
            }
            _ if parts.is_empty() || !parts.iter().all(in_template) => return,
            full => {
                let mut parts = parts;
                match full.filter(in_template) {
                    Some(full) if !has_first => parts.insert(0, full),
                    Some(full) if one(Role::LastName).is_none() => parts.push(full),
                    _ => {}
                }
                let names: Vec<String> = parts.iter().map(|at| format!("{{{}}}", self.reference(*at))).collect();
                (quoted(&names.join(" ")), parts)
            }
        };
        let sure = used.iter().map(|at| self.findings[*at].confidence).min().unwrap_or_default();
        self.line(&format!("name = {value}    # {sure}%: called so"));
        self.used.extend(used.iter().map(|at| self.findings[*at].column));
    }

    /// How a column is named; see [`reference`].
    fn reference(&self, at: usize) -> String {
        reference(self.header, self.findings[at].column).unwrap_or_default()
    }

    /// The column as a source without options.
    fn plain(&self, at: usize) -> String {
        let name = self.reference(at);
        if name.contains(['{', '}']) { format!("{{ column = {} }}", quoted(&name)) } else { quoted(&name) }
    }

    /// Entries of one channel; families of numbered columns become one line.
    fn channel(&mut self, role: Role, key: &str) -> bool {
        let found = self.of(role);
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut families: Vec<String> = Vec::new();
        for at in &found {
            let name = self.reference(*at);
            let pattern = family(&name).filter(|_| !name.contains('*'));
            let members = |pattern: &String| {
                let of_family = |other: &&usize| family(&self.reference(**other)).as_ref() == Some(pattern);
                found.iter().filter(of_family).copied().collect::<Vec<_>>()
            };
            let (name, members) = match pattern {
                Some(pattern) if families.contains(&pattern) => continue,
                Some(pattern) if members(&pattern).len() > 1 || name.contains(" 1 ") => {
                    families.push(pattern.clone());
                    let members = members(&pattern);
                    (pattern, members)
                }
                _ => (name, vec![*at]),
            };
            let separator = members.iter().find_map(|at| self.findings[*at].content.separator);
            let national = members.iter().any(|at| self.national(*at) > 0);
            let mut options = Vec::new();
            if let Some(separator) = separator {
                options.push(format!("split = {}", quoted(separator)));
            }
            if role == Role::Phone && national {
                options.extend(self.country_option());
            }
            let source = match (options.is_empty(), name.contains(['{', '}'])) {
                (true, false) => quoted(&name),
                (true, true) => format!("{{ column = {} }}", quoted(&name)),
                (false, _) => format!("{{ column = {}, {} }}", quoted(&name), options.join(", ")),
            };
            let first = &self.findings[members[0]];
            let mut reason = format!("{}%: {}", first.confidence, first.reason);
            let missing: usize = members.iter().map(|at| self.national(*at)).sum();
            if role == Role::Phone && missing > 0 && self.country_option().is_none() {
                reason.push_str(&format!("; {missing} of them name no country: add country = \"…\", two letters"));
            }
            lines.push((source, reason));
            self.used.extend(members.iter().map(|at| self.findings[*at].column));
        }
        if lines.is_empty() {
            return false;
        }
        self.line(&format!("{key} = ["));
        for (source, reason) in lines {
            self.line(&format!("    {source},    # {reason}"));
        }
        self.line("]");
        true
    }

    /// How many cells hold phone numbers without a country.
    fn national(&self, at: usize) -> usize {
        self.findings[at].content.phones - self.findings[at].content.international
    }

    fn without_country(&self) -> usize {
        match self.country_option() {
            Some(_) => 0,
            None => self.of(Role::Phone).into_iter().map(|at| self.national(at)).sum(),
        }
    }

    /// The country the author said, or the column that says it, in two letters or by names; never a guess.
    fn country_option(&self) -> Option<String> {
        if let Some(country) = self.country {
            return Some(format!("country = {}", quoted(country)));
        }
        let columns = self.of(Role::Country);
        let coded = columns.iter().find(|at| {
            let content = &self.findings[**at].content;
            content.percent(content.country_codes) >= 80
        });
        if let Some(at) = coded {
            return Some(format!("country = {{ column = {} }}", quoted(&self.reference(*at))));
        }
        let (at, values) = columns.into_iter().find_map(|at| Some((at, self.countries(at)?)))?;
        Some(format!("country = {{ column = {}, values = {{ {values} }} }}", quoted(&self.reference(at))))
    }

    /// What a column of country names says, each with its two letters; `None` when one of them is no country.
    fn countries(&self, at: usize) -> Option<String> {
        let column = self.findings[at].column;
        let mut names: Vec<&str> = self.sample.iter().map(|row| cell::trim(row.cell(column))).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        let pair = |name: &&str| countries::named(name).map(|code| format!("{} = {}", quoted(name), quoted(code)));
        let pairs: Option<Vec<String>> = names.iter().map(pair).collect();
        pairs.filter(|pairs| !pairs.is_empty() && pairs.len() <= COUNTRIES_MAX).map(|pairs| pairs.join(", "))
    }

    fn custom(&mut self) {
        let mut lines = Vec::new();
        let mut labels: Vec<String> = Vec::new();
        for at in self.of(Role::Custom) {
            let label = match cell::trim(&self.header.names[at]) {
                "" => self.reference(at),
                name => name.to_owned(),
            };
            if labels.contains(&label) || label.chars().any(char::is_control) {
                continue;
            }
            lines.push(format!(
                "{} = {}    # {}%: {}",
                quoted(&label),
                self.plain(at),
                self.findings[at].confidence,
                self.findings[at].reason
            ));
            labels.push(label);
            self.used.push(self.findings[at].column);
        }
        let address: Vec<usize> = [Role::Street, Role::PostalCode, Role::City, Role::Country]
            .into_iter()
            .filter_map(|role| self.of(role).first().copied())
            .filter(|at| !self.reference(*at).contains(['{', '}']))
            .collect();
        if !address.is_empty() && !labels.iter().any(|label| label == "Address") {
            let mut template = String::new();
            let mut previous = None;
            for at in &address {
                let role = self.findings[*at].role;
                match previous {
                    None => {}
                    Some(Some(Role::PostalCode)) if role == Some(Role::City) => template.push(' '),
                    Some(_) => template.push_str(", "),
                }
                template.push_str(&format!("{{{}}}", self.reference(*at)));
                previous = Some(role);
            }
            lines.push(format!("\"Address\" = {}    # 80%: its parts are called so", quoted(&template)));
            self.used.extend(address.iter().map(|at| self.findings[*at].column));
        }
        if lines.is_empty() {
            return;
        }
        self.line("");
        self.line("[card.custom]");
        lines.iter().for_each(|line| self.line(line));
    }

    /// The columns that stay here, each as a line that can be taken in.
    fn rest(&mut self) {
        let left: Vec<usize> =
            (0..self.findings.len()).filter(|at| !self.used.contains(&self.findings[*at].column)).collect();
        if left.is_empty() {
            return;
        }
        self.line("");
        self.line("# Not sent. To keep one as a custom value, move its line to [card.custom] and take the # away.");
        for at in left {
            let name = self.reference(at);
            let reason = match self.findings[at].content.filled {
                0 => "blank in the sample".to_owned(),
                _ if self.findings[at].role.is_some() => "another column was taken for it".to_owned(),
                _ => self.findings[at].reason.clone(),
            };
            self.line(&format!("# {} = {}    # {}", quoted(&name), self.plain(at), excerpt(&reason, 2 * SHOWN_CHARS)));
        }
    }
}

/// How a column is named: by its header, or by its place where the header is blank or doubled. `None` where headers are
/// called like that place.
fn reference(header: &Header, column: ColumnIndex) -> Option<String> {
    let count = |wanted: &str| header.names.iter().filter(|name| cell::trim(name) == wanted).count();
    let name = header.names.get(column.index()).map_or("", |name| cell::trim(name));
    if !name.is_empty() && count(name) == 1 {
        return Some(name.to_owned());
    }
    let places = [format!("#{}", column.letters()), format!("#{}", column.index() + 1)];
    places.into_iter().find(|place| count(place) == 0)
}

/// The pattern of a numbered header: `E-mail 1 - Value` is of the family `E-mail * - Value`.
fn family(name: &str) -> Option<String> {
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let end = name[start..].find(|c: char| !c.is_ascii_digit()).map_or(name.len(), |length| start + length);
    (start > 0 && !name[end..].contains(|c: char| c.is_ascii_digit()))
        .then(|| format!("{}*{}", &name[..start], &name[end..]))
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) => {
                out.push_str(&format!("\\u{:04X}", c as u32))
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
