//! What people see of a mapping that cannot be used: every message, as it is drawn.

use super::*;
use crate::mapping::Mapping;
use crate::model::{Header, RowNumber};

/// What a person sees of a mapping that cannot be read.
fn drawn(text: &str) -> String {
    render("people.toml", text, &Mapping::parse(text).expect_err("no mapping"), false)
}

/// What a person sees of a mapping that does not fit a table.
fn drawn_against(text: &str, header: &[&str]) -> String {
    let mapping = Mapping::parse(text).expect("a mapping");
    let names = header.iter().map(|name| (*name).to_owned()).collect();
    let diagnostics = mapping.compile(&Header { row: RowNumber(3), names }).expect_err("it does not fit");
    render("people.toml", text, &diagnostics, false)
}

#[test]
fn a_file_without_version_or_card_says_how_to_begin() {
    let text = "";
    assert_eq!(
        drawn(text),
        r#"
error: the mapping does not say its version
--> people.toml
 = help: begin the file with: version = 1

error: the mapping has no [card], so there is nothing to send
--> people.toml
 = help: add [card], and below it which column is what: email = "E-mail""#
            .trim_start()
    );
    let text = r"version = 1
card = 3
";
    assert_eq!(
        drawn(text),
        r#"
error: `card` must be a table, not a whole number
 --> people.toml:2:8
  |
2 | card = 3
  |        ^ a table belongs here"#
            .trim_start()
    );
}

#[test]
fn only_version_1_is_read() {
    let text = r#"version = 2
[card]
email = "E"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: this mapping is of version 2, and this program reads version 1
 --> people.toml:1:11
  |
1 | version = 2
  |           ^ another version
  |
  = help: a newer c3import may read it"#
            .trim_start()
    );
    let text = r#"version = 0
[card]
email = "E"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: this mapping is of version 0, and this program reads version 1
 --> people.toml:1:11
  |
1 | version = 0
  |           ^ another version
  |
  = help: the first version is 1: version = 1"#
            .trim_start()
    );
    let text = r#"version = "1"
[card]
email = "E"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: `version` must be a whole number, not text
 --> people.toml:1:11
  |
1 | version = "1"
  |           ^^^ a whole number belongs here"#
            .trim_start()
    );
}

#[test]
fn unknown_keys_bring_the_nearest_or_all() {
    let text = r#"version = 1
[crad]
email = "E"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: a mapping has no key `crad`
 --> people.toml:2:2
  |
2 | [crad]
  |  ^^^^ not part of a mapping of version 1
  |
  = help: did you mean `card`?"#
            .trim_start()
    );
    let text = r#"version = 1
[card]
emial = "E-mail"
zzz = 1
voice = { colum = "A" }
"#;
    assert_eq!(
        drawn(text),
        r#"
error: [card] has no key `emial`
 --> people.toml:3:1
  |
3 | emial = "E-mail"
  | ^^^^^ not part of a mapping of version 1
  |
  = help: did you mean `email`?

error: [card] has no key `zzz`
 --> people.toml:4:1
  |
4 | zzz = 1
  | ^^^ not part of a mapping of version 1
  |
  = help: [card] knows `name`, `email`, `facebook`, `vk`, `line`, `voice` and `custom`

error: a source of `voice` has no key `colum`
 --> people.toml:5:11
  |
5 | voice = { colum = "A" }
  |           ^^^^^ not part of a mapping of version 1
  |
  = help: did you mean `column`?"#
            .trim_start()
    );
    let text = r#"version = 1
[source]
headers = 1
[rows]
identity = true
[card]
email = "E"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: [source] has no key `headers`
 --> people.toml:3:1
  |
3 | headers = 1
  | ^^^^^^^ not part of a mapping of version 1
  |
  = help: did you mean `header_row`?

error: [rows] has no key `identity`
 --> people.toml:5:1
  |
5 | identity = true
  | ^^^^^^^^ not part of a mapping of version 1
  |
  = help: [rows] knows `require_identity`, `skip_if`, `only_if` and `on_finding`"#
            .trim_start()
    );
}

#[test]
fn what_is_not_toml_is_told_line_by_line() {
    let text = r#"version = 1
[card]
name = Full Name
[card.custom]
Customer No = "No"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: [card] has nothing to recognise people by, so every row would be refused
 --> people.toml:2:2
  |
2 | [card]
  |  ^^^^ no contact entry
  |
  = help: map one of email, voice, facebook, vk and line, or say require_identity = false in [rows]

error: this is not TOML: string values must be quoted, expected literal string
 --> people.toml:3:8
  |
3 | name = Full Name
  |        ^^^^^^^^^ here
  |
  = help: text and column names stand in quotation marks: name = "Full name"

error: this is not TOML: key with no value, expected `=`
 --> people.toml:5:10
  |
5 | Customer No = "No"
  |          ^ here
  |
  = help: a label with spaces stands in quotation marks: "Customer number" = "No""#
            .trim_start()
    );
    let text = r#"version = 1
[card]
email = "E-mail"
email = "E-mail 2"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: this is not TOML: duplicate key
 --> people.toml:4:1
  |
4 | email = "E-mail 2"
  | ^^^^^ here
  |
  = help: each key may stand once in a table; several sources stand in a list: ["A", "B"]"#
            .trim_start()
    );
    let text = r#"version = 1
[card
email = "E-mail"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: this is not TOML: unclosed table, expected `]`
 --> people.toml:2:6
  |
2 | [card
  |      ^ here"#
            .trim_start()
    );
    let text = r#"version = 1
[card]
email = "E-mail
vk = "V"
lien = "L"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: this is not TOML: invalid basic string, expected `"`
 --> people.toml:3:16
  |
3 | email = "E-mail
  |                ^ here

error: [card] has no key `lien`
 --> people.toml:5:1
  |
5 | lien = "L"
  | ^^^^ not part of a mapping of version 1
  |
  = help: did you mean `line`?"#
            .trim_start()
    );
    let text = r#"version = 1
[card]
email = ["E-mail" "Mail"]
"#;
    assert_eq!(
        drawn(text),
        r#"
error: this is not TOML: missing comma between array elements, expected `,`
 --> people.toml:3:19
  |
3 | email = ["E-mail" "Mail"]
  |                   ^ here"#
            .trim_start()
    );
}

#[test]
fn settings_are_held_to_their_kinds_and_bounds() {
    let text = r#"version = 1
[source]
sheet = 0
header_row = 0
delimiter = ";;"
encoding = "utf8x"
[rows]
require_identity = "no"
[card]
email = true
"#;
    assert_eq!(
        drawn(text),
        r#"
error: `sheet` cannot be 0
 --> people.toml:3:9
  |
3 | sheet = 0
  |         ^ 1 to 65535 is possible

error: `header_row` cannot be 0
 --> people.toml:4:14
  |
4 | header_row = 0
  |              ^ 1 to 1048576 is possible

error: `delimiter` cannot be ";;"
 --> people.toml:5:13
  |
5 | delimiter = ";;"
  |             ^^^^ not known
  |
  = help: say auto, comma, semicolon, tab, pipe, or one ASCII character

error: `encoding` cannot be "utf8x"
 --> people.toml:6:12
  |
6 | encoding = "utf8x"
  |            ^^^^^^^ not known
  |
  = help: the encoding "utf8x" is not known; try utf-8 or windows-1252

error: `require_identity` must be true or false, not text
 --> people.toml:8:20
  |
8 | require_identity = "no"
  |                    ^^^^ true or false belongs here

error: `email` must be a column's name, a template or a table such as { column = "…" }, not true or false
  --> people.toml:10:9
   |
10 | email = true
   |         ^^^^ a column's name, a template or a table such as { column = "…" } belongs here"#
            .trim_start()
    );
    let text = r#"version = 1
[source]
sheet = 1.5
delimiter = 1
header_row = 1979-05-27
[card]
email = "E"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: `sheet` must be a name or a whole number, not a number with decimals
 --> people.toml:3:9
  |
3 | sheet = 1.5
  |         ^^^ a name or a whole number belongs here

error: `delimiter` must be text in quotation marks, not a whole number
 --> people.toml:4:13
  |
4 | delimiter = 1
  |             ^ text in quotation marks belongs here

error: `header_row` must be a whole number, not a date
 --> people.toml:5:14
  |
5 | header_row = 1979-05-27
  |              ^^^^^^^^^^ a whole number belongs here"#
            .trim_start()
    );
}

#[test]
fn sources_say_once_where_their_value_comes_from() {
    let text = r#"version = 1
[card]
email = []
name = ["A", "B"]
vk = ""
line = "  "
facebook = {}
voice = { column = "A", template = "{B}" }
"#;
    assert_eq!(
        drawn(text),
        r#"
error: `email` is an empty list
 --> people.toml:3:9
  |
3 | email = []
  |         ^^ nothing to send
  |
  = help: name a column, or leave the key out

error: `name` takes one source, not a list
 --> people.toml:4:8
  |
4 | name = ["A", "B"]
  |        ^^^^^^^^^^ a person has one name here
  |
  = help: put the columns together in a template, such as "{First Name} {Last Name}"

error: `vk` is empty
 --> people.toml:5:6
  |
5 | vk = ""
  |      ^^ nothing between the quotation marks

error: `line` names a column by white space
 --> people.toml:6:8
  |
6 | line = "  "
  |        ^^^^ a column's header belongs here

error: a source of `facebook` does not say where its value comes from
 --> people.toml:7:12
  |
7 | facebook = {}
  |            ^^ no column, template or value
  |
  = help: add `column`, `template` or `value`

error: a source of `voice` says twice where its value comes from
 --> people.toml:8:25
  |
8 | voice = { column = "A", template = "{B}" }
  |                         ^^^^^^^^ the second one
  |
  = help: keep one of `column`, `template` and `value`; several sources stand in a list: [{ … }, { … }]"#
            .trim_start()
    );
}

#[test]
fn options_stand_where_they_mean_something() {
    let text = r#"version = 1
[card]
name = { column = "A", split = "," }
email = { value = "info@x.se" }
line = { column = "A", country = "SE" }
[card.custom]
"A" = { value = "x", split = "," }
"B" = { value = " " }
"C" = { value = "a\u0000" }
" " = "D"
"a\nb" = "E"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: `name` cannot be split
 --> people.toml:3:24
  |
3 | name = { column = "A", split = "," }
  |                        ^^^^^ a person has one name here
  |
  = help: leave `split` out; a template puts columns together

error: `email` cannot be the same `value` for everybody
 --> people.toml:4:19
  |
4 | email = { value = "info@x.se" }
  |                   ^^^^^^^^^^^ a contact entry that all people would share
  |
  = help: the server would put all people on one card; name a column, or move this to [card.custom]

error: `country` has no meaning here
 --> people.toml:5:24
  |
5 | line = { column = "A", country = "SE" }
  |                        ^^^^^^^ not a phone number
  |
  = help: `country` says how national phone numbers are read, and belongs to sources of `voice`

error: `split` has no effect on a `value`
 --> people.toml:7:9
  |
7 | "A" = { value = "x", split = "," }
  |         ^^^^^ this is the same for every row

error: `value` is only white space
 --> people.toml:8:17
  |
8 | "B" = { value = " " }
  |                 ^^^ text belongs here

error: `value` cannot be sent: "a\u{0}" holds the control character U+0000; remove it
 --> people.toml:9:17
  |
9 | "C" = { value = "a\u0000" }
  |                 ^^^^^^^^^ here

error: a custom label is blank
  --> people.toml:10:1
   |
10 | " " = "D"
   | ^^^ a label belongs here

error: a custom label cannot be sent: "a\nb" goes over several lines or columns; one entry is expected
  --> people.toml:11:1
   |
11 | "a\nb" = "E"
   | ^^^^^^ here"#
            .trim_start()
    );
}

#[test]
fn countries_are_two_letters() {
    let text = r#"version = 1
[card]
voice = [
  { column = "M", country = "UK" },
  { column = "M", country = "se" },
  { column = "M", country = "Sweden" },
]
"#;
    assert_eq!(
        drawn(text),
        r#"
error: "UK" is not a country whose phone numbers are known
 --> people.toml:4:29
  |
4 |   { column = "M", country = "UK" },
  |                             ^^^^ no such country
  |
  = help: did you mean "GB"?

error: "se" is not a country whose phone numbers are known
 --> people.toml:5:29
  |
5 |   { column = "M", country = "se" },
  |                             ^^^^ no such country
  |
  = help: did you mean "SE"?

error: "Sweden" is not a country whose phone numbers are known
 --> people.toml:6:29
  |
6 |   { column = "M", country = "Sweden" },
  |                             ^^^^^^^^ no such country
  |
  = help: two capital letters of ISO 3166, such as "SE" for Sweden or "GB" for Great Britain"#
            .trim_start()
    );
}

#[test]
fn templates_are_told_where_their_braces_go_wrong() {
    let text = r#"version = 1
[card]
name = "{First {Last}"
email = "{a"
vk = "a}"
line = "{}"
facebook = { template = "abc" }
voice = "a\tb{"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: a brace is opened within braces
 --> people.toml:3:16
  |
3 | name = "{First {Last}"
  |                ^ the one before is still open
  |
  = help: a header that holds braces can be named only as { column = "…" }

error: a brace is opened and not closed
 --> people.toml:4:10
  |
4 | email = "{a"
  |          ^^ opened here
  |
  = help: write `{{` for a brace that is text

error: a brace is closed that was not opened
 --> people.toml:5:8
  |
5 | vk = "a}"
  |        ^ closed here
  |
  = help: write `}}` for a brace that is text

error: the braces name no column
 --> people.toml:6:9
  |
6 | line = "{}"
  |         ^^ empty
  |
  = help: put a column's header between the braces

error: the template names no column
 --> people.toml:7:26
  |
7 | facebook = { template = "abc" }
  |                          ^^^ no {column} in it
  |
  = help: for a column write { column = "…" }, for fixed text { value = "…" }

error: a brace is opened and not closed
 --> people.toml:8:9
  |
8 | voice = "a\tb{"
  |         ^^^^^^^ opened here
  |
  = help: write `{{` for a brace that is text"#
            .trim_start()
    );
}

#[test]
fn a_card_that_can_send_nobody_is_refused() {
    let text = r#"version = 1
[card.custom]
A = "B"
"#;
    assert_eq!(
        drawn(text),
        r#"
error: [card] has nothing to recognise people by, so every row would be refused
 --> people.toml:2:2
  |
2 | [card.custom]
  |  ^^^^ no contact entry
  |
  = help: map one of email, voice, facebook, vk and line, or say require_identity = false in [rows]"#
            .trim_start()
    );
    let text = r#"version = 1
[card.custom]
A = { value = "B" }
"#;
    assert_eq!(
        drawn(text),
        r#"
error: [card] names no column, so there is nothing to send
 --> people.toml:2:2
  |
2 | [card.custom]
  |  ^^^^ no source with a column
  |
  = help: say which column is what: email = "E-mail""#
            .trim_start()
    );
    let text = r"version = 1
[card]
";
    assert_eq!(
        drawn(text),
        r#"
error: [card] names no column, so there is nothing to send
 --> people.toml:2:2
  |
2 | [card]
  |  ^^^^ no source with a column
  |
  = help: say which column is what: email = "E-mail""#
            .trim_start()
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_move_nothing() {
    let text = "\u{feff}version = 1\r\n[card]\r\n\"å\" = \"Ä\"\r\n";
    assert_eq!(
        drawn(text),
        r#"
error: [card] has no key `å`
 --> people.toml:3:1
  |
3 | "å" = "Ä"
  | ^^^ not part of a mapping of version 1
  |
  = help: [card] knows `name`, `email`, `facebook`, `vk`, `line`, `voice` and `custom`"#
            .trim_start()
    );
}

#[test]
fn columns_that_are_missing_or_doubled_are_told_all_at_once() {
    let text = r#"version = 1
[card]
name = "{First} {Lst Name}"
email = ["Email", "Mail", "Zip"]
"#;
    assert_eq!(
        drawn_against(text, &["First", "Last Name", "E-mail", "Mail", "mail", "Mail"]),
        r#"
error: the table has no column "Lst Name"
 --> people.toml:3:18
  |
3 | name = "{First} {Lst Name}"
  |                  ^^^^^^^^ not in the header, row 3
  |
  = help: did you mean "Last Name"?

error: the table has no column "Email"
 --> people.toml:4:10
  |
4 | email = ["Email", "Mail", "Zip"]
  |          ^^^^^^^ not in the header, row 3
  |
  = help: did you mean "E-mail", "Mail" or "mail"?

error: the table has 2 columns "Mail": D and F
 --> people.toml:4:19
  |
4 | email = ["Email", "Mail", "Zip"]
  |                   ^^^^^^ which one is meant?
  |
  = help: give each of these columns a header of its own in the table, or name one by its place: #D

error: the table has no column "Zip"
 --> people.toml:4:27
  |
4 | email = ["Email", "Mail", "Zip"]
  |                           ^^^^^ not in the header, row 3
  |
  = help: the table has "First", "Last Name", "E-mail", "Mail", "mail" and "Mail""#
            .trim_start()
    );
}

#[test]
fn colour_is_only_decoration() {
    let text = "version = 2";
    let diagnostics = Mapping::parse(text).expect_err("no mapping");
    let coloured = render("people.toml", text, &diagnostics, true);
    assert!(coloured.contains("\u{1b}["));
    assert!(!render("people.toml", text, &diagnostics, false).contains('\u{1b}'));
    assert!(render("a\u{1b}[31m", text, &diagnostics, false).contains("a\\u{1b}[31m"));
}

#[test]
fn spans_beyond_the_text_are_drawn_at_its_end() {
    let odd = |span| Diagnostic {
        level: Weight::Error,
        message: "odd".into(),
        span: Some(span),
        label: String::new(),
        help: None,
    };
    for text in ["", "å", "a\nb\n"] {
        assert!(render("f", text, &[odd(1..1), odd(9..99)], false).starts_with("error: odd"), "{text:?}");
    }
}
