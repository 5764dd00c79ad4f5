//! The mappings that come with the program, to be offered where they fit; never applied unasked.

use super::Mapping;
use crate::model::Header;

/// Name and text of each, most particular first: of two that fit alike, the first is offered.
const SHIPPED: [(&str, &str); 13] = [
    ("google-contacts.toml", include_str!("../../mappings/google-contacts.toml")),
    ("google-contacts-old.toml", include_str!("../../mappings/google-contacts-old.toml")),
    ("outlook-en.toml", include_str!("../../mappings/outlook-en.toml")),
    ("outlook-sv.toml", include_str!("../../mappings/outlook-sv.toml")),
    ("outlook-de.toml", include_str!("../../mappings/outlook-de.toml")),
    ("hubspot.toml", include_str!("../../mappings/hubspot.toml")),
    ("salesforce-report.toml", include_str!("../../mappings/salesforce-report.toml")),
    ("salesforce-data-loader.toml", include_str!("../../mappings/salesforce-data-loader.toml")),
    ("zendesk-users.toml", include_str!("../../mappings/zendesk-users.toml")),
    ("freshdesk.toml", include_str!("../../mappings/freshdesk.toml")),
    ("pipedrive.toml", include_str!("../../mappings/pipedrive.toml")),
    ("mailchimp.toml", include_str!("../../mappings/mailchimp.toml")),
    ("generic.toml", include_str!("../../mappings/generic.toml")),
];

/// Fewer columns than this fit by accident,
const COLUMNS_MIN: usize = 3;

/// and so do few of many, unless they are as many as this.
const COLUMNS_MANY: usize = 8;

/// A shipped mapping that a table fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Its file in `mappings/`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// How many of the table's columns it uses.
    pub used: usize,
}

/// The shipped mapping that uses most of a table's columns, if any can be used with it.
pub fn best_fit(header: &Header) -> Option<Fit> {
    let fits = SHIPPED.into_iter().filter_map(|(name, text)| {
        let mapper = Mapping::parse(text).and_then(|mapping| mapping.compile(header)).ok()?;
        let used = header.names.len() - mapper.unused().count();
        let is_much = used >= COLUMNS_MANY || used * 4 >= header.names.len();
        (used >= COLUMNS_MIN && is_much).then_some(Fit { name, text, used })
    });
    fits.reduce(|best, fit| if fit.used > best.used { fit } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RowNumber;

    fn best(names: &[&str]) -> Option<&'static str> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        best_fit(&Header { row: RowNumber(1), names }).map(|fit| fit.name)
    }

    #[test]
    fn the_mapping_with_most_columns_is_offered() {
        assert_eq!(best(&["Email Address", "First Name", "Last Name", "LEID", "TAGS"]), Some("mailchimp.toml"));
        assert_eq!(best(&["name", "email", "external_id", "role", "tags"]), Some("zendesk-users.toml"));
        assert_eq!(best(&["Name", "E-mail", "Mobile", "Street"]), Some("generic.toml"));
        assert_eq!(best(&["Article", "Price"]), None);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn every_shipped_mapping_is_offered_for_its_own_sample() {
        for (name, _) in SHIPPED {
            let sample = format!("{}/fixtures/exports/{}", env!("CARGO_MANIFEST_DIR"), name.replace(".toml", ".csv"));
            let bytes = std::fs::read(sample).expect("it has a sample");
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            let text = String::from_utf8(bytes).unwrap_or(text);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let first = reader.records().next().expect("a header").expect("which can be read");
            assert_eq!(best(&first.iter().collect::<Vec<_>>()), Some(name));
        }
    }
}
