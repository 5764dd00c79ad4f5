//! `c3import sandbox`: a server to try things on, in another terminal.

use std::collections::BTreeMap;

use crate::support::{Place, Server};

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_takes_an_import_and_goes_when_told() {
    let place = Place::with_table(&["Åsa,asa@example.com,,", "Åsa Ö,ASA@example.com,,"]);
    let mut sandbox = place.c3import(&["sandbox", "--listen", "127.0.0.1:0"]).start();
    let line = sandbox.line();
    let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")) else {
        panic!("no address in {line:?}")
    };
    // Only the address: the line may show the whole endpoint.
    let url = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let import = place.c3import(&["import", "people.csv", "-m", "m.toml"]).at(&url).token(Server::TOKEN);
    import.run().exits(0);
    let results = place.results("people.c3run");
    assert_eq!(results.tally(), BTreeMap::from([("stored", 2)]));
    assert_eq!(results.row(2)["c3_id"], results.row(3)["c3_id"], "a known e-mail is added to, not made twice");

    sandbox.signal("INT");
    let done = sandbox.finish();
    assert!(matches!(done.code, Some(0 | 5)), "{done}");
}

#[test]
fn an_address_that_cannot_be_had_is_exit_2() {
    let place = Place::new();
    place.c3import(&["sandbox", "--listen", "nowhere"]).run().exits(2).leaves_stdout_empty().tells(&["nowhere"]);
}
