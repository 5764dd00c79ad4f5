//! Stories of single rows and of whole runs, on told time. The seeded simulation against the sandbox's store is
//! `tests/it/simulation`: rooms do not know each other.

use super::*;
use crate::model::{C3Id, FatalReason, ServerError};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn policy() -> Policy {
    Policy { rate: None, ..Policy::default() }
}

fn stored() -> Verdict {
    Verdict::Stored { status: 201, id: C3Id::new("13"), oddity: None, echo: None }
}

fn refused(status: u16) -> Verdict {
    Verdict::Refused { status, errors: vec![ServerError::default()] }
}

fn unknown() -> Verdict {
    Verdict::Unknown { status: None, reason: "reset".into() }
}

fn throttled(retry_after: Option<Duration>) -> Verdict {
    Verdict::NotProcessed { status: Some(429), retry_after, reason: "429".into() }
}

fn unreachable() -> Verdict {
    Verdict::NotProcessed { status: None, retry_after: None, reason: "refused".into() }
}

/// A row with these identities, and a card like no other.
fn row(row: u64, keys: Vec<IdentityKey>) -> Admission {
    let resend = !keys.is_empty();
    Admission {
        row: Ordinal(row),
        number: RowNumber(row + 2),
        identities: keys,
        resend,
        digest: CardDigest([7, row as u32, 0]),
        sent_before: false,
    }
}

/// Rows 0..n, each with the identities given, all admitted and the input closed.
fn schedule(policy: Policy, rows: &[&[u64]]) -> Schedule {
    let mut schedule = Schedule::new(policy);
    for (at, keys) in rows.iter().enumerate() {
        schedule.admit(row(at as u64, keys.iter().map(|&key| IdentityKey(key)).collect()));
    }
    schedule.close_input();
    schedule
}

fn send(schedule: &mut Schedule, now: Duration) -> Ordinal {
    match schedule.step(now) {
        Step::Send { row } => row,
        other => panic!("expected to send, got {other:?}"),
    }
}

fn settle(schedule: &mut Schedule, now: Duration) -> (u64, Status, u32) {
    match schedule.step(now) {
        Step::Settle { row, ending } => (row.0, ending.status, ending.attempts),
        other => panic!("expected an ending, got {other:?}"),
    }
}

fn wait(schedule: &mut Schedule, now: Duration) -> Option<Duration> {
    match schedule.step(now) {
        Step::Wait { until } => until,
        other => panic!("expected to wait, got {other:?}"),
    }
}

#[test]
fn the_first_row_goes_alone_until_an_answer_opens_the_door() {
    let mut s = schedule(policy(), &[&[1], &[2], &[3]]);
    assert_eq!(send(&mut s, ms(0)), Ordinal(0));
    assert_eq!(wait(&mut s, ms(1)), Some(ms(2_000)));
    s.reply(Ordinal(0), stored(), ms(2));
    assert_eq!(settle(&mut s, ms(2)), (0, Status::Stored, 1));
    assert_eq!(send(&mut s, ms(2)), Ordinal(1));
    assert_eq!(send(&mut s, ms(2)), Ordinal(2));
}

#[test]
fn a_server_that_takes_its_time_is_not_waited_for() {
    let mut s = schedule(policy(), &[&[1], &[2]]);
    send(&mut s, ms(0));
    assert_eq!(send(&mut s, ms(2_000)), Ordinal(1));
}

#[test]
fn rows_that_share_an_identity_go_one_after_another_even_through_a_retry() {
    let mut s = schedule(policy(), &[&[1], &[1, 2], &[2], &[9]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), unknown(), ms(10));
    assert_eq!(send(&mut s, ms(10)), Ordinal(3), "only the stranger may pass");
    s.reply(Ordinal(3), stored(), ms(20));
    settle(&mut s, ms(20));
    let due = wait(&mut s, ms(20)).expect("row 0 is due again");
    assert!(due >= ms(3_010), "not before a few seconds: {due:?}");
    assert_eq!(send(&mut s, due), Ordinal(0));
    s.reply(Ordinal(0), stored(), due);
    let Step::Settle { ending, .. } = s.step(due) else { panic!("row 0 has landed") };
    assert!(ending.maybe_twice && ending.attempts == 2);
    assert_eq!(send(&mut s, due), Ordinal(1));
    assert_eq!(wait(&mut s, due), None, "row 2 waits for row 1");
}

#[test]
fn who_shares_an_identity_with_an_uncertain_row_does_not_race_with_its_lost_attempt() {
    let mut s = schedule(Policy { on_uncertain: OnUncertain::Report, ..policy() }, &[&[1], &[1], &[1], &[9]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), unknown(), ms(10));
    assert_eq!(settle(&mut s, ms(10)), (0, Status::Uncertain, 1));
    assert_eq!(send(&mut s, ms(10)), Ordinal(3), "only the stranger may pass");
    s.reply(Ordinal(3), stored(), ms(20));
    settle(&mut s, ms(20));
    assert_eq!(wait(&mut s, ms(20)), Some(ms(3_010)));
    assert_eq!(send(&mut s, ms(3_010)), Ordinal(1));
    s.reply(Ordinal(1), stored(), ms(3_011));
    settle(&mut s, ms(3_011));
    assert_eq!(send(&mut s, ms(3_011)), Ordinal(2));
}

#[test]
fn a_row_without_identity_is_never_sent_again_after_an_unknown_outcome() {
    let mut s = schedule(policy(), &[&[]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), unknown(), ms(1));
    assert_eq!(settle(&mut s, ms(1)), (0, Status::Uncertain, 1));
    assert_eq!(s.step(ms(1)), Step::Finished);
}

#[test]
fn a_row_without_identity_is_sent_again_when_it_was_certainly_not_processed() {
    let mut s = schedule(policy(), &[&[]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), unreachable(), ms(1));
    let due = wait(&mut s, ms(1)).expect("due again");
    assert_eq!(send(&mut s, due), Ordinal(0));
    s.reply(Ordinal(0), throttled(Some(ms(700))), due);
    assert_eq!(wait(&mut s, due), Some(due + ms(700)));
    assert_eq!(send(&mut s, due + ms(700)), Ordinal(0));
}

#[test]
fn a_pause_holds_every_row_and_counts_against_none() {
    let mut s = schedule(policy(), &[&[1], &[2], &[3]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), stored(), ms(1));
    settle(&mut s, ms(1));
    send(&mut s, ms(1));
    send(&mut s, ms(1));
    s.reply(Ordinal(1), throttled(Some(ms(2_000))), ms(5));
    s.reply(Ordinal(2), throttled(Some(ms(1_000))), ms(6));
    assert_eq!(wait(&mut s, ms(7)), Some(ms(2_005)));
    assert_eq!(s.paused_until(ms(7)), Some(ms(2_005)));
    assert_eq!(send(&mut s, ms(2_005)), Ordinal(1));
    assert_eq!(send(&mut s, ms(2_005)), Ordinal(2));
}

#[test]
fn a_pause_beyond_what_is_granted_stops_the_run() {
    let mut s = schedule(policy(), &[&[1], &[2]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), throttled(Some(Duration::from_secs(86_400 * 365))), ms(1));
    assert_eq!(settle(&mut s, ms(1)), (0, Status::NotSent, 1));
    assert_eq!(settle(&mut s, ms(1)), (1, Status::NotSent, 0));
    assert!(matches!(s.stopped(), Some(StopReason::PauseTooLong { .. })));
}

#[test]
fn an_unauthorized_answer_stops_the_run_after_one_request() {
    let mut s = schedule(policy(), &[&[1], &[2], &[1]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), Verdict::Fatal { status: Some(401), reason: FatalReason::Unauthorized(String::new()) }, ms(1));
    for row in 0..3 {
        assert_eq!(settle(&mut s, ms(1)), (row, Status::NotSent, u32::from(row == 0)));
    }
    s.admit(row(3, vec![IdentityKey(1)]));
    assert_eq!(settle(&mut s, ms(1)), (3, Status::NotSent, 0));
    assert_eq!(s.step(ms(1)), Step::Finished);
}

#[test]
fn not_found_stops_at_first_but_marks_a_row_later() {
    let mut s = schedule(policy(), &[&[1], &[2]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), refused(404), ms(1));
    assert_eq!(settle(&mut s, ms(1)), (0, Status::NotSent, 1));
    assert_eq!(s.stopped(), Some(StopReason::SetUp { status: 404, message: String::new() }));

    let mut s = schedule(policy(), &[&[1], &[2], &[3], &[4], &[5]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), refused(422), ms(1));
    assert_eq!(settle(&mut s, ms(1)), (0, Status::Refused, 1));
    for (row, expected) in [(1, Status::Refused), (2, Status::Refused), (3, Status::NotSent)] {
        assert_eq!(send(&mut s, ms(row)), Ordinal(row));
        s.reply(Ordinal(row), refused(403), ms(row));
        assert_eq!(settle(&mut s, ms(row)), (row, expected, 1));
    }
    assert_eq!(settle(&mut s, ms(9)), (4, Status::NotSent, 0));
}

#[test]
fn a_server_that_cannot_be_reached_pauses_all_rows_and_then_stops_the_run() {
    let mut s = schedule(policy(), &[&[1], &[2]]);
    let mut now = ms(0);
    for attempt in 1..=5 {
        assert_eq!(send(&mut s, now), Ordinal(0), "attempt {attempt}: the others wait for the first");
        s.reply(Ordinal(0), unreachable(), now);
        now = s.paused_until(now).unwrap_or(now);
    }
    assert_eq!(settle(&mut s, now), (0, Status::NotSent, 0), "nothing left this machine");
    assert_eq!(settle(&mut s, now), (1, Status::NotSent, 0));
    assert_eq!(s.stopped(), Some(StopReason::Unreachable("refused".into())));
}

#[test]
fn the_same_500_again_and_again_ends_the_row_early() {
    let mut s = schedule(policy(), &[&[1]]);
    let verdict = || Verdict::Unknown { status: Some(500), reason: "no such field".into() };
    let mut now = ms(0);
    for _ in 0..2 {
        send(&mut s, now);
        s.reply(Ordinal(0), verdict(), now);
        now = wait(&mut s, now).expect("due again");
    }
    send(&mut s, now);
    s.reply(Ordinal(0), verdict(), now);
    assert_eq!(settle(&mut s, now), (0, Status::Uncertain, 3));
}

#[test]
fn an_interrupt_lets_flying_rows_land_and_a_second_one_leaves_them_uncertain() {
    let mut s = schedule(policy(), &[&[1], &[2], &[3], &[4]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), stored(), ms(1));
    settle(&mut s, ms(1));
    send(&mut s, ms(1));
    send(&mut s, ms(1));
    s.stop(StopReason::Told);
    assert_eq!(settle(&mut s, ms(2)), (3, Status::NotSent, 0));
    assert_eq!(wait(&mut s, ms(2)), None);
    s.reply(Ordinal(2), stored(), ms(3));
    assert_eq!(settle(&mut s, ms(3)), (2, Status::Stored, 1));
    s.abandon();
    assert_eq!(settle(&mut s, ms(4)), (1, Status::Uncertain, 1));
    s.reply(Ordinal(1), stored(), ms(5));
    assert_eq!(s.step(ms(5)), Step::Finished);
}

/// Plays a run in which every request gets `verdict`, with no time on the wire; returns endings and the moments of
/// requests.
fn play(s: &mut Schedule, mut verdict: impl FnMut(Ordinal) -> Verdict) -> (Vec<Status>, Vec<Duration>) {
    let (mut now, mut endings, mut sent) = (ms(0), Vec::new(), Vec::new());
    for _ in 0..100_000 {
        match s.step(now) {
            Step::Send { row } => {
                sent.push(now);
                s.reply(row, verdict(row), now);
            }
            Step::Wait { until } => now = until.expect("somebody is due"),
            Step::Settle { ending, .. } => endings.push(ending.status),
            Step::Finished => return (endings, sent),
        }
    }
    panic!("the run does not end");
}

#[test]
fn an_outage_costs_a_handful_of_requests_not_rows_times_attempts() {
    let keys: Vec<Vec<u64>> = (0..1_000).map(|row| vec![row]).collect();
    let rows: Vec<&[u64]> = keys.iter().map(Vec::as_slice).collect();
    let mut s = schedule(policy(), &rows);
    let (endings, sent) = play(&mut s, |_| Verdict::Unknown { status: Some(502), reason: "bad gateway".into() });
    assert!(matches!(s.stopped(), Some(StopReason::Failing { .. })), "{:?}", s.stopped());
    assert!(sent.len() <= 20, "{} requests", sent.len());
    assert!(sent.last().is_some_and(|&last| last >= Duration::from_secs(60)), "the server got time to come back");
    assert_eq!(endings.len(), 1_000);
    assert!(endings.iter().filter(|&&status| status == Status::Uncertain).count() <= sent.len());
}

#[test]
fn who_has_not_left_waits_for_another_turn_or_ends_unsent() {
    let mut s = schedule(policy(), &[&[1], &[1]]);
    assert_eq!(send(&mut s, ms(0)), Ordinal(0));
    s.take_back(Ordinal(0));
    assert_eq!((send(&mut s, ms(1)), s.in_flight()), (Ordinal(0), 1));
    s.reply(Ordinal(0), stored(), ms(2));
    assert_eq!(settle(&mut s, ms(2)), (0, Status::Stored, 1));

    assert_eq!(send(&mut s, ms(2)), Ordinal(1));
    s.stop(StopReason::Told);
    s.take_back(Ordinal(1));
    assert_eq!(settle(&mut s, ms(3)), (1, Status::NotSent, 0));
}

#[test]
fn the_same_words_again_and_again_end_a_row_only_where_they_may_be_about_the_row() {
    let fourth_time = |status: u16| {
        let mut times = 0;
        let said = Verdict::Unknown { status: Some(status), reason: "the same".into() };
        let (endings, sent) = play(&mut schedule(policy(), &[&[1]]), |_| {
            times += 1;
            if times < 4 { said.clone() } else { stored() }
        });
        (endings[0], sent.len())
    };
    for gateway in [408, 502, 503, 504] {
        assert_eq!(fourth_time(gateway), (Status::Stored, 4), "{gateway}");
    }
    for of_the_row in [200, 500] {
        assert_eq!(fourth_time(of_the_row), (Status::Uncertain, 3), "{of_the_row}");
    }
}

#[test]
fn a_server_that_comes_back_is_found_by_a_probe() {
    let keys: Vec<Vec<u64>> = (0..200).map(|row| vec![row]).collect();
    let rows: Vec<&[u64]> = keys.iter().map(Vec::as_slice).collect();
    let mut s = schedule(policy(), &rows);
    let mut requests = 0;
    let (endings, _) = play(&mut s, |_| {
        requests += 1;
        if (50..62).contains(&requests) { unknown() } else { stored() }
    });
    assert_eq!(s.stopped(), None);
    assert!(endings.iter().all(|&status| status == Status::Stored), "{endings:?}");
}

#[test]
fn a_server_that_restarts_in_mid_run_is_waited_for() {
    let mut s = schedule(policy(), &[&[1], &[2]]);
    send(&mut s, ms(0));
    s.reply(Ordinal(0), stored(), ms(1));
    settle(&mut s, ms(1));
    let mut now = ms(1);
    while now < Duration::from_secs(30) {
        assert_eq!(send(&mut s, now), Ordinal(1));
        s.reply(Ordinal(1), unreachable(), now);
        now = wait(&mut s, now).expect("due again");
    }
    assert_eq!(send(&mut s, now), Ordinal(1));
    s.reply(Ordinal(1), stored(), now);
    assert_eq!(settle(&mut s, now), (1, Status::Stored, 1));
}

#[test]
fn when_everything_is_refused_it_is_not_the_rows() {
    let keys: Vec<Vec<u64>> = (0..200).map(|row| vec![row]).collect();
    let rows: Vec<&[u64]> = keys.iter().map(Vec::as_slice).collect();
    let mut s = schedule(policy(), &rows);
    let (_, sent) = play(&mut s, |_| refused(422));
    assert_eq!(sent.len(), 50);
    assert!(matches!(s.stopped(), Some(StopReason::SetUp { status: 422, .. })));
    let mut s = schedule(policy(), &rows);
    let (endings, _) = play(&mut s, |row| if row.0 == 40 { stored() } else { refused(422) });
    assert_eq!((endings.len(), s.stopped()), (200, None));
}

#[test]
fn a_storm_of_resends_slows_down_instead_of_multiplying() {
    let keys: Vec<Vec<u64>> = (0..2_000).map(|row| vec![row]).collect();
    let rows: Vec<&[u64]> = keys.iter().map(Vec::as_slice).collect();
    let mut s = schedule(Policy { resends_spare: 10, ..policy() }, &rows);
    let mut first = std::collections::HashSet::new();
    let (endings, sent) = play(&mut s, |row| if first.insert(row) && row.0 % 2 == 0 { unknown() } else { stored() });
    assert!(endings.iter().all(|&status| status == Status::Stored));
    assert!(sent.last().is_some_and(|last| *last > Duration::from_secs(300)), "{:?}", sent.last());
}

#[test]
fn guards_stop_the_run_and_leave_the_rest_unsent() {
    let rows: &[&[u64]] = &[&[1], &[2], &[3], &[4], &[5]];
    let with = |guards: Guards| schedule(Policy { guards, ..policy() }, rows);

    let mut s = with(Guards { rows_max: Some(2), ..Guards::default() });
    let (endings, sent) = play(&mut s, |_| stored());
    assert_eq!((sent.len(), endings.iter().filter(|&&status| status == Status::NotSent).count()), (2, 3));
    assert_eq!(s.stopped(), Some(StopReason::RowsSpent(2)));

    let mut s = with(Guards { errors_max: Some(ErrorLimit::Rows(1)), ..Guards::default() });
    let (endings, sent) = play(&mut s, |_| refused(422));
    assert_eq!((sent.len(), endings.iter().filter(|&&status| status == Status::NotSent).count()), (2, 3));
    assert_eq!(s.stopped(), Some(StopReason::TooManyErrors { wrong: 2, rows: 2 }));

    let mut s = with(Guards { duration_max: Some(ms(100)), ..Guards::default() });
    let (endings, _) = play(&mut s, |_| unreachable());
    assert_eq!(endings, [Status::NotSent; 5]);
    assert_eq!(s.stopped(), Some(StopReason::TimeUp(ms(100))));

    let mut s = with(Guards { rows_max: Some(5), ..Guards::default() });
    assert_eq!(play(&mut s, |_| stored()).1.len(), 5);
    assert_eq!(s.stopped(), None, "nothing was left out");
}

#[test]
fn a_row_that_an_earlier_session_may_have_sent_is_not_called_unsent_when_its_turn_does_not_come() {
    let mut s = Schedule::new(Policy { guards: Guards { rows_max: Some(1), ..Guards::default() }, ..policy() });
    (0..3).for_each(|at| s.admit(Admission { sent_before: at == 1, ..row(at, vec![IdentityKey(at)]) }));
    s.close_input();
    let (endings, _) = play(&mut s, |_| stored());
    assert_eq!(endings, [Status::Uncertain, Status::NotSent, Status::Stored], "in the order in which they end");
}

#[test]
fn a_card_that_an_earlier_session_has_stored_is_not_posted_for_another_row() {
    let mut s = Schedule::new(policy());
    let (known, doubtful) = (row(0, vec![IdentityKey(1)]), row(1, Vec::new()));
    s.know(known.digest, Twin::Stored { row: RowNumber(9), id: C3Id::new("13") });
    s.know(doubtful.digest, Twin::Doubtful { row: RowNumber(9) });
    [known, doubtful].into_iter().for_each(|row| s.admit(row));
    s.close_input();
    let (endings, sent) = play(&mut s, |_| stored());
    assert_eq!((endings, sent.len()), (vec![Status::Unchanged, Status::Uncertain], 0));
}

#[test]
fn the_user_decides_about_uncertain_rows() {
    let rows: &[&[u64]] = &[&[1], &[2]];
    let mut s = schedule(Policy { on_uncertain: OnUncertain::Report, ..policy() }, rows);
    let (endings, sent) = play(&mut s, |_| unknown());
    assert_eq!((endings, sent.len()), (vec![Status::Uncertain; 2], 2));
    let mut s = schedule(Policy { on_uncertain: OnUncertain::Stop, ..policy() }, rows);
    let (endings, _) = play(&mut s, |_| unknown());
    assert_eq!(endings, [Status::Uncertain, Status::NotSent]);
    assert_eq!(s.stopped(), Some(StopReason::Uncertain("reset".into())));
}

#[test]
fn a_web_page_stops_the_run_and_leaves_its_row_uncertain() {
    let mut s = schedule(policy(), &[&[1], &[2]]);
    let page = Verdict::Fatal { status: Some(200), reason: FatalReason::WebPage("a web page".into()) };
    let (endings, sent) = play(&mut s, |_| page.clone());
    assert_eq!((endings, sent.len()), (vec![Status::Uncertain, Status::NotSent], 1));
}

#[test]
fn a_used_up_quota_holds_every_row() {
    let mut s = schedule(policy(), &[&[1], &[2]]);
    send(&mut s, ms(0));
    s.pause(ms(5_000), ms(10));
    s.reply(Ordinal(0), stored(), ms(10));
    settle(&mut s, ms(10));
    assert_eq!(wait(&mut s, ms(11)), Some(ms(5_010)));
    assert_eq!(send(&mut s, ms(5_010)), Ordinal(1));
}

#[test]
fn the_very_same_card_is_posted_once() {
    let mut s = Schedule::new(policy());
    let same = |at: u64, keys: &[u64]| Admission {
        digest: CardDigest([1, 2, 3]),
        ..row(at, keys.iter().map(|&key| IdentityKey(key)).collect())
    };
    for admission in [same(0, &[1]), same(1, &[1]), row(2, vec![IdentityKey(1)]), same(3, &[1])] {
        s.admit(admission);
    }
    s.close_input();
    send(&mut s, ms(0));
    s.reply(Ordinal(0), stored(), ms(1));
    assert_eq!(settle(&mut s, ms(1)), (0, Status::Stored, 1));
    let Step::Settle { row, ending } = s.step(ms(1)) else { panic!("row 1 repeats row 0") };
    let twin = Twin::Stored { row: RowNumber(2), id: C3Id::new("13") };
    assert_eq!((row.0, ending.status, ending.attempts, ending.twin), (1, Status::Unchanged, 0, Some(twin)));
    assert_eq!(send(&mut s, ms(1)), Ordinal(2));
    s.reply(Ordinal(2), stored(), ms(2));
    settle(&mut s, ms(2));
    assert_eq!(settle(&mut s, ms(2)), (3, Status::Unchanged, 0));
    assert_eq!(s.step(ms(2)), Step::Finished);
}

#[test]
fn the_same_card_without_identity_waits_and_is_not_sent_on_a_guess() {
    let mut s = Schedule::new(policy());
    for at in 0..3 {
        s.admit(Admission { digest: CardDigest([1, 2 + u32::from(at == 2), 0]), ..row(at, Vec::new()) });
    }
    s.close_input();
    send(&mut s, ms(0));
    s.reply(Ordinal(0), unknown(), ms(1));
    assert_eq!(settle(&mut s, ms(1)), (0, Status::Uncertain, 1));
    assert_eq!(send(&mut s, ms(1)), Ordinal(2), "another card is another person");
    assert_eq!(settle(&mut s, ms(3_001)), (1, Status::Uncertain, 0), "it might be the second of two");
}
