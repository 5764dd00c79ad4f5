//! The mappings that come with the program, to be offered where they fit; never applied unasked.

use super::Mapping;
use crate::model::Header;

/// A mapping that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// What it is called; `.toml` behind it makes the name of its file in `mappings/`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All of them, most particular first: of two that fit alike, the first is offered.
pub const SHIPPED: [Shipped; 13] = [
    Shipped { name: "google-contacts", text: include_str!("../../mappings/google-contacts.toml") },
    Shipped { name: "google-contacts-old", text: include_str!("../../mappings/google-contacts-old.toml") },
    Shipped { name: "outlook-en", text: include_str!("../../mappings/outlook-en.toml") },
    Shipped { name: "outlook-sv", text: include_str!("../../mappings/outlook-sv.toml") },
    Shipped { name: "outlook-de", text: include_str!("../../mappings/outlook-de.toml") },
    Shipped { name: "hubspot", text: include_str!("../../mappings/hubspot.toml") },
    Shipped { name: "salesforce-report", text: include_str!("../../mappings/salesforce-report.toml") },
    Shipped { name: "salesforce-data-loader", text: include_str!("../../mappings/salesforce-data-loader.toml") },
    Shipped { name: "zendesk-users", text: include_str!("../../mappings/zendesk-users.toml") },
    Shipped { name: "freshdesk", text: include_str!("../../mappings/freshdesk.toml") },
    Shipped { name: "pipedrive", text: include_str!("../../mappings/pipedrive.toml") },
    Shipped { name: "mailchimp", text: include_str!("../../mappings/mailchimp.toml") },
    Shipped { name: "generic", text: include_str!("../../mappings/generic.toml") },
];

impl Shipped {
    /// What it is for, in its own words.
    pub fn title(&self) -> &'static str {
        self.text_alone().lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }

    /// Its text without the line that points at the schema beside it.
    pub fn text_alone(&self) -> &'static str {
        match self.text.split_once('\n') {
            Some((first, rest)) if first.starts_with("#:schema") => rest,
            _ => self.text,
        }
    }
}

/// Fewer columns than this fit by accident,
const COLUMNS_MIN: usize = 3;

/// and so do few of many, unless they are as many as this.
const COLUMNS_MANY: usize = 8;

/// A shipped mapping that a table fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The mapping.
    pub mapping: Shipped,
    /// How many of the table's columns it uses.
    pub used: usize,
}

/// The shipped mapping that uses most of a table's columns, if any can be used with it.
pub fn best_fit(header: &Header) -> Option<Fit> {
    let fits = SHIPPED.into_iter().filter_map(|shipped| {
        let mapper = Mapping::parse(shipped.text).and_then(|mapping| mapping.compile(header)).ok()?;
        let used = header.names.len() - mapper.unused().count();
        let is_much = used >= COLUMNS_MANY || used * 4 >= header.names.len();
        (used >= COLUMNS_MIN && is_much).then_some(Fit { mapping: shipped, used })
    });
    fits.reduce(|best, fit| if fit.used > best.used { fit } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RowNumber;

    fn best(names: &[&str]) -> Option<&'static str> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        best_fit(&Header { row: RowNumber(1), names }).map(|fit| fit.mapping.name)
    }

    #[test]
    fn the_mapping_with_most_columns_is_offered() {
        assert_eq!(best(&["Email Address", "First Name", "Last Name", "LEID", "TAGS"]), Some("mailchimp"));
        assert_eq!(best(&["name", "email", "external_id", "role", "tags"]), Some("zendesk-users"));
        assert_eq!(best(&["Name", "E-mail", "Mobile", "Street"]), Some("generic"));
        assert_eq!(best(&["Article", "Price"]), None);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn every_one_says_what_it_is_for() {
        for shipped in SHIPPED {
            assert!(shipped.title().len() > 10 && !shipped.title().contains("schema"), "{}", shipped.title());
        }
    }

    #[test]
    fn every_shipped_mapping_is_offered_for_its_own_sample() {
        for Shipped { name, .. } in SHIPPED {
            let sample = format!("{}/fixtures/exports/{name}.csv", env!("CARGO_MANIFEST_DIR"));
            let bytes = std::fs::read(sample).expect("it has a sample");
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            let text = String::from_utf8(bytes).unwrap_or(text);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let first = reader.records().next().expect("a header").expect("which can be read");
            assert_eq!(best(&first.iter().collect::<Vec<_>>()), Some(name));
        }
    }
}
