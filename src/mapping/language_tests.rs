//! The language as its users meet it: a mapping, a header and a row in, what would be sent out.

use super::Mapping;
use crate::model::{Channel, Code, ColumnIndex, Header, Issue, Mapped, Row, RowNumber};

/// A mapping's `[card]` (or whole file after `version = 1`), a header, a row.
fn sent(mapping: &str, cells: &[(&str, &str)]) -> String {
    sent_with(mapping, cells, &[])
}

fn sent_with(mapping: &str, cells: &[(&str, &str)], issues: &[(Code, usize)]) -> String {
    let names: Vec<String> = cells.iter().map(|(name, _)| (*name).to_owned()).collect();
    let header = Header { row: RowNumber(1), names };
    let text = format!("version = 1\n{mapping}");
    let problems = |problems: Vec<super::Diagnostic>| {
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let mapper = match Mapping::parse(&text).and_then(|mapping| mapping.compile(&header)) {
        Ok(mapper) => mapper,
        Err(wrong) => return format!("! {}", problems(wrong)),
    };
    let mut row = Row::new(RowNumber(2));
    cells.iter().for_each(|(_, cell)| row.push(cell));
    for (code, at) in issues {
        row.issues.push(Issue::cell(*code, ColumnIndex(*at as u32), "unreadable").when_mapped());
    }
    let told = |issues: Vec<Issue>| {
        let told = issues.iter().map(|issue| {
            format!("{} in {}", issue.code, issue.column.map_or("row".to_owned(), |column| header.label(column)))
        });
        told.collect::<Vec<_>>().join(", ")
    };
    match mapper.map(&row) {
        Mapped::Skipped => "skipped".to_owned(),
        Mapped::Excluded(why) => why,
        Mapped::Rejected(issues) => format!("invalid: {}", told(issues)),
        Mapped::Card { card, warnings } => {
            let mut said: Vec<String> = card.name().iter().map(|name| format!("name={name}")).collect();
            for channel in Channel::ALL {
                let entries = card.channel(channel);
                said.extend(entries.map(|entry| format!("{}={}", channel.as_str(), entry.value)));
            }
            said.extend(card.custom().map(|entry| format!("{}:{}", entry.label, entry.value)));
            if !warnings.is_empty() {
                said.push(format!("({})", told(warnings)));
            }
            said.join(" / ")
        }
    }
}

/// One custom value with these options, on a card with an e-mail.
fn custom(options: &str, cell: &str) -> String {
    let mapping = format!("[card]\nemail = \"E\"\n[card.custom]\nL = {{ column = \"C\", {options} }}");
    let sent = sent(&mapping, &[("E", "a@b.se"), ("C", cell)]);
    match sent.strip_prefix("email=a@b.se") {
        Some(rest) => rest.trim_start_matches(" / ").replace(" / L:", "|").replace("L:", ""),
        None => sent,
    }
}

#[test]
fn columns_go_by_header_or_by_place() {
    let cells = [("E", "a@b.se"), ("E", "c@d.se"), ("", "x"), ("#C", "y")];
    assert_eq!(sent("[card]\nemail = [\"#1\", \"#B\"]", &cells), "email=a@b.se / email=c@d.se");
    assert_eq!(sent("[card]\nemail = \"#2\"\ncustom.L = \"{#3}-{#C}\"", &cells), "email=c@d.se / L:x-y");
    assert_eq!(sent("[card]\nemail = \"#Z\"", &cells), "! the table has no column \"#Z\"");
}

#[test]
fn a_family_feeds_one_field_in_the_order_of_its_numbers() {
    let cells = [
        ("E-mail 2 - Value", "c@d.se"),
        ("E-mail 1 - Value", "a@b.se ::: x@y.se"),
        ("E-mail 1 - Type", "* Work"),
        ("Phone 10 - Value", "070-174 06 10"),
        ("Phone 9 - Value", "070-174 06 09"),
        ("Phone 9 - Type", "Mobile"),
    ];
    assert_eq!(
        sent(
            "[card]\nemail = { column = \"E-mail * - Value\", split = \" ::: \" }\n\
             voice = { column = \"Phone * - Value\", country = \"SE\" }\n\
             [card.custom]\nPhone = { column = \"Phone * - Value\", label = \"Phone * - Type\" }",
            &cells
        ),
        "email=a@b.se / email=x@y.se / email=c@d.se / voice=+46701740609 / voice=+46701740610 / \
         Mobile:070-174 06 09 / Phone:070-174 06 10"
    );
    assert_eq!(
        sent("[card]\nemail = \"E-mail * - Value\"\nvk = \"VK *\"", &cells),
        "! the table has no columns \"VK *\", with a number for the *"
    );
    assert_eq!(
        sent("[card]\nemail = \"#2\"\nvk = { column = \"VK *\", optional = true }", &[("a", ""), ("b", "a@b.se")]),
        "email=a@b.se"
    );
}

#[test]
fn a_family_may_stand_in_a_template() {
    let cells = [
        ("E", "a@b.se"),
        ("Address 1 - Street", "Storgatan 1"),
        ("Address 1 - City", "Umeå"),
        ("Address 2 - City", "Luleå"),
        ("Country", "SE"),
    ];
    assert_eq!(
        sent(
            "[card]\nemail = \"E\"\ncustom.Address = \"{Address * - Street}, {Address * - City} ({Country})\"",
            &cells
        ),
        "email=a@b.se / Address:Storgatan 1, Umeå (SE) / Address:Luleå (SE)"
    );
}

#[test]
fn what_is_optional_may_be_missing_but_not_ambiguous() {
    let mapping = |source: &str| format!("[card]\nemail = \"E\"\ncustom.L = {source}");
    let cells = [("E", "a@b.se"), ("B", "b"), ("D", ""), ("D", "")];
    let sent = |source: &str| sent(&mapping(source), &cells);
    assert_eq!(sent("{ column = \"X\", optional = true }"), "email=a@b.se");
    assert_eq!(sent("{ template = \"{X} {B}\", optional = true }"), "email=a@b.se / L:b");
    assert_eq!(sent("{ template = \"{X} {Y}\", optional = true }"), "email=a@b.se");
    assert_eq!(sent("{ column = \"X\", optional = false }"), "! the table has no column \"X\"");
    assert_eq!(sent("{ column = \"D\", optional = true }"), "! the table has 2 columns \"D\": C and D");
    assert_eq!(
        self::sent("[card]\nemail = { column = \"E\", optional = true }", &[("X", "")]),
        "! the table has none of the columns that people could be recognised by, so every row would be refused"
    );
}

#[test]
fn every_option_does_what_it_says() {
    for (options, cell, expected) in [
        ("split = \";\"", "a; b;;a", "a|b"),
        ("split = [\";\", \",\"]", "a,b;c", "a|b|c"),
        ("split = \"; \"", "a; b; ", "a|b"),
        ("split = \";\", join = \", \"", "a;b", "a, b"),
        ("trim = false", " a ", " a "),
        ("trim = false", "  ", ""),
        ("strip = \"*'\"", "'*a*'", "a"),
        ("replace = [[\".\", \"\"], [\",\", \".\"]]", "1.234,5", "1234.5"),
        ("match = '^\\d+$', split = \" \"", "1 a 2", "1|2"),
        ("extract = '\\d+'", "no 17", "17"),
        ("extract = 'no (\\d+)'", "no 17", "17"),
        ("case = \"upper\"", "åsa", "ÅSA"),
        ("case = \"lower\"", "ÅSA", "åsa"),
        ("case = \"title\"", "ÅSA ÖBERG", "Åsa Öberg"),
        ("values = { Ja = \"yes\", \"-\" = \"\" }", "Ja", "yes"),
        ("values = { Ja = \"yes\", \"-\" = \"\" }", "-", ""),
        ("values = { Ja = \"yes\" }", "Nej", "Nej"),
        ("case = \"lower\", values = { ja = \"yes\" }", "JA", "yes"),
        ("default = \"none\"", " ", "none"),
        ("default = \"none\"", "a", "a"),
        ("values = { \"-\" = \"\" }, default = \"none\"", "-", "none"),
        ("date_format = \"D.M.YYYY\"", "4.2.2026", "2026-02-04"),
        ("date_format = \"D.M.YYYY\"", "2026-02-04", "2026-02-04"),
        ("date_format = \"D.M.YYYY\"", "2/4/2026", "invalid: date.format in C"),
        ("case = \"lower\"", "BJÖRN", "björn"),
        ("case = \"lower\"", "BjÃ¶rn", "invalid: cell.mojibake in C"),
        ("case = \"title\"", "#REF!", "invalid: cell.error in C"),
        ("case = \"upper\", values = { \"#N/A\" = \"\", JA = \"yes\" }", "#n/a", ""),
        ("case = \"upper\", values = { \"#N/A\" = \"\", JA = \"yes\" }", "#N/A", ""),
        ("case = \"upper\", values = { JA = \"yes\" }", "#N/A", "invalid: cell.error in C"),
        ("max_length = 3", "åäö", "åäö"),
        ("max_length = 3", "åäöx", "invalid: value.too_long in C"),
        ("split = \";\", join = \"; \", max_length = 3", "ab;cd", "invalid: value.too_long in C"),
        ("required = true", "", "invalid: value.missing in C"),
        ("required = true, match = \"a\"", "b", "invalid: value.missing in C"),
        ("required = true", "a", "a"),
    ] {
        assert_eq!(custom(options, cell), expected, "{options} {cell:?}");
    }
}

#[test]
fn options_work_for_contacts_and_names_too() {
    let cells = [("E", "E: a@B.se"), ("N", "ÖBERG"), ("M", "'070-174 06 05"), ("X", "x@y.se")];
    assert_eq!(
        sent(
            "[card]\nname = { column = \"N\", case = \"title\" }\nemail = [{ column = \"E\", extract = '\\S+@\\S+' }, \
             { column = \"X\", match = '@z' }]\nvoice = { column = \"M\", strip = \"'\", country = \"SE\" }",
            &cells
        ),
        "name=Öberg / email=a@b.se / voice=+46701740605"
    );
}

#[test]
fn families_can_be_joined() {
    let cells = [("E", "a@b.se"), ("Tag 1", "x"), ("Tag 2", ""), ("Tag 3", "z")];
    assert_eq!(
        sent("[card]\nemail = \"E\"\ncustom.Tags = { column = \"Tag *\", join = \", \" }", &cells),
        "email=a@b.se / Tags:x, z"
    );
}

#[test]
fn a_rows_own_column_may_say_the_country() {
    let mapping = "[card]\nvoice = { column = \"P\", country = { column = \"L\", values = { Sverige = \"SE\" }, default = \"DE\" } }";
    let sent = |country: &str, phone: &str| sent(mapping, &[("P", phone), ("L", country)]);
    assert_eq!(sent("Sverige", "070-174 06 05"), "voice=+46701740605");
    assert_eq!(sent(" SE ", "070-174 06 05"), "voice=+46701740605");
    assert_eq!(sent("se", "070-174 06 05"), "voice=+46701740605");
    assert_eq!(sent("", "030 23125 000"), "voice=+493023125000");
    assert_eq!(sent("Narnia", "070-174 06 05"), "invalid: phone.country in P");
    assert_eq!(sent("Narnia", "+46 70-174 06 05"), "voice=+46701740605");
    assert_eq!(sent("SE", ""), "skipped", "a country alone is nothing to send");
}

#[test]
fn what_is_required_and_left_out_is_missing() {
    let mapping = "[rows]\nrequire_identity = false\non_finding = { \"cell.error\" = \"warn\", \"email.syntax\" = \"warn\" }\n\
                   [card]\nname = { column = \"P\", required = true }\nemail = { column = \"E\", required = true }";
    let sent = |name: &str, mailbox: &str| sent(mapping, &[("P", name), ("E", mailbox)]);
    assert_eq!(sent("Bo", "b@x.se"), "name=Bo / email=b@x.se");
    assert_eq!(sent("Bo", "bad"), "invalid: value.missing in E, email.syntax in E");
    assert_eq!(sent("#N/A", "b@x.se"), "invalid: value.missing in P, cell.error in P");
}

#[test]
fn whatever_leaves_a_required_value_out_it_is_missing() {
    let warned = "[rows]\nrequire_identity = false\non_finding = { \"cell.error\" = \"warn\", \"cell.no_value\" = \"warn\", \
                  \"value.too_long\" = \"warn\" }\n[card]\nemail = \"E\"\n[card.custom]\n";
    let with = |source: &str, cells: &[(&str, &str)], issues: &[(Code, usize)]| {
        let cells: Vec<_> = [("E", "b@x.se")].into_iter().chain(cells.iter().copied()).collect();
        sent_with(&format!("{warned}X = {source}"), &cells, issues)
    };
    let template = "{ template = \"{P} {S}\", required = true }";
    assert_eq!(with(template, &[("P", "a"), ("S", "#N/A")], &[]), "invalid: value.missing in P, cell.error in S");
    let joined = "{ column = \"P\", split = \";\", join = \"; \", max_length = 3, required = true }";
    assert_eq!(with(joined, &[("P", "ab;cd")], &[]), "invalid: value.missing in P, value.too_long in P");
    let labelled = "{ column = \"P\", label = \"S\", required = true }";
    assert_eq!(with(labelled, &[("P", "a"), ("S", "#N/A")], &[]), "invalid: value.missing in P, cell.error in S");
    assert_eq!(
        with(labelled, &[("P", "a"), ("S", "")], &[(Code::CellNoValue, 2)]),
        "invalid: value.missing in P, cell.no_value in S",
        "what the label is nobody knows"
    );
}

#[test]
fn a_country_that_could_not_be_read_is_not_the_usual_one() {
    let mapping = "[rows]\non_finding = { \"cell.no_value\" = \"warn\" }\n\
                   [card]\nvoice = { column = \"P\", country = { column = \"S\", default = \"SE\" } }";
    let sent = |phone: &str| sent_with(mapping, &[("P", phone), ("S", "")], &[(Code::CellNoValue, 1)]);
    assert_eq!(sent("030 23125000"), "invalid: phone.country in P, cell.no_value in S");
    assert_eq!(sent("+49 30 23125000"), "voice=+493023125000 / (cell.no_value in S)");
}

#[test]
fn conditions_choose_rows() {
    let mapping = |rows: &str| format!("[rows]\n{rows}\n[card]\nemail = \"E\"");
    let sent = |rows: &str, status: &str| sent(&mapping(rows), &[("E", "a@b.se"), ("S", status)]);
    let gone = "skip_if = [{ column = \"S\", equals = \"gone\" }, { column = \"S\", matches = \"^x\" }]";
    assert_eq!(sent(gone, "gone"), "left out by skip_if: \"S\" is \"gone\"");
    assert_eq!(sent(gone, "xyz"), "left out by skip_if: \"S\" matches ^x");
    assert_eq!(sent(gone, "here"), "email=a@b.se");
    let only = "only_if = { column = \"S\", in = [\"a\", \"b\"] }";
    assert_eq!(sent(only, "b"), "email=a@b.se");
    assert_eq!(sent(only, ""), "left out by only_if: \"S\" is not one of \"a\", \"b\"");
    assert_eq!(sent("skip_if = { column = \"S\", blank = true }", ""), "left out by skip_if: \"S\" is blank");
    assert_eq!(sent("only_if = { column = \"S\", blank = true }", "x"), "left out by only_if: \"S\" is not blank");
    assert_eq!(sent("skip_if = { column = \"T\", blank = true }", ""), "! the table has no column \"T\"");
}

#[test]
fn a_condition_is_not_asked_of_a_cell_that_could_not_be_read() {
    let mapping = "[rows]\nskip_if = { column = \"S\", blank = true }\non_finding = { \"cell.error\" = \"warn\" }\n\
                   [card]\nemail = \"E\"";
    let cells = [("E", "a@b.se"), ("S", "")];
    assert_eq!(sent_with(mapping, &cells, &[(Code::CellError, 1)]), "invalid: cell.error in S");
}

#[test]
fn a_finding_that_only_warns_leaves_its_value_out() {
    let mapping = "[rows]\non_finding = { \"email.syntax\" = \"warn\", \"cell.error\" = \"warn\", \"phone.length\" = \"error\" }\n\
                   [card]\nemail = [\"E\", \"F\"]\nvoice = { column = \"P\", country = \"SE\" }\ncustom.N = \"N\"";
    let sent = |cells: [&str; 4], issues: &[(Code, usize)]| {
        let cells: Vec<(&str, &str)> = ["E", "F", "P", "N"].into_iter().zip(cells).collect();
        sent_with(mapping, &cells, issues)
    };
    assert_eq!(sent(["a@b.se", "x", "", ""], &[]), "email=a@b.se / (email.syntax in F)");
    assert_eq!(sent(["x", "", "", ""], &[]), "invalid: contact.none in row, email.syntax in E");
    assert_eq!(sent(["a@b.se", "", "07", ""], &[]), "invalid: phone.length in P");
    assert_eq!(sent(["a@b.se", "", "", ""], &[(Code::CellError, 3)]), "email=a@b.se / (cell.error in N)");
    assert_eq!(
        sent(["", "", "", "1"], &[(Code::CellError, 0)]),
        "invalid: contact.none in row, cell.error in E",
        "a contact that is left out is no contact"
    );
}

#[test]
fn a_row_of_which_all_is_left_out_is_no_empty_card() {
    let mapping = "[rows]\nrequire_identity = false\non_finding = { \"email.syntax\" = \"warn\" }\n\
                   [card]\nemail = \"E\"\nname = \"N\"";
    assert_eq!(sent(mapping, &[("E", "x"), ("N", "")]), "invalid: email.syntax in E");
    assert_eq!(sent(mapping, &[("E", "x"), ("N", "Bo")]), "name=Bo / (email.syntax in E)");
}

#[test]
fn a_row_that_the_options_empty_is_not_called_blank() {
    let sent = |cell| sent("[card]\nemail = { column = \"E\", match = '@b\\.se$' }", &[("E", cell)]);
    assert_eq!(sent("a@c.se"), "nothing to send: the mapping's options leave nothing of what stands in its cells");
    assert_eq!(sent(" "), "skipped");
}

#[test]
fn a_number_without_its_digits_is_sent_nowhere() {
    let mapping = "[card]\nemail = \"E\"\nfacebook = \"F\"\n[card.custom]\nC = \"C\"\nT = \"no {C}\"";
    let sent = |account, custom| sent(mapping, &[("E", "a@b.se"), ("F", account), ("C", custom)]);
    assert_eq!(sent("1.00002E+14", "1,2E+12"), "invalid: cell.error in F, cell.error in C");
    assert_eq!(sent("100002123456789", "1E5"), "email=a@b.se / facebook=100002123456789 / C:1E5 / T:no 1E5");
}

#[test]
fn another_table_than_the_expected_one_is_refused_in_one_sentence() {
    let mapping = "[source]\nexpect_columns = [\"E\", \"Mobile\", \"\"]\n[card]\nemail = \"E\"";
    let columns = |names: &[&str]| sent(mapping, &names.iter().map(|name| (*name, "a@b.se")).collect::<Vec<_>>());
    assert_eq!(columns(&["E", " Mobile", ""]), "email=a@b.se");
    let with_results = [&["E", "Mobile", ""][..], &crate::model::OWN_COLUMNS].concat();
    assert_eq!(columns(&with_results), "email=a@b.se", "an earlier run's results are the same table");
    let refused = "! the table's columns are not the expected ones: ";
    assert_eq!(columns(&["E", "Mobil", ""]), format!("{refused}\"Mobile\" missing, \"Mobil\" new"));
    assert_eq!(columns(&["E", ""]), format!("{refused}\"Mobile\" missing"));
    assert_eq!(columns(&["E", "Mobile", "", "E"]), format!("{refused}\"E\" new"));
    assert_eq!(columns(&["Mobile", "E", ""]), format!("{refused}the order differs from column A on"));
}

#[test]
fn a_label_that_cannot_be_sent_is_told() {
    let mapping = "[card]\nemail = \"E\"\ncustom.L = { column = \"V\", label = \"T\" }";
    let sent = |label: &str| sent(mapping, &[("E", "a@b.se"), ("V", "1"), ("T", label)]);
    assert_eq!(sent(" Work "), "email=a@b.se / Work:1");
    assert_eq!(sent(""), "email=a@b.se / L:1");
    assert_eq!(sent("a\nb"), "invalid: cell.control in T");
}
