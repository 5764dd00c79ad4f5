//! What an import of a checked file will take.

use std::time::Duration;

use super::MergeOutlook;

/// What an import will take, if nothing goes wrong and the server keeps up.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Requests: one for every row that does not repeat another.
    pub requests: u64,
    /// Bytes of documents in them, without what HTTP adds.
    pub bytes: u64,
    /// Requests a second at most; `None` is no limit.
    pub rate: Option<f64>,
    /// How long that takes at least; `None` without a limit.
    pub time: Option<Duration>,
    /// Cards that are made or appended to: as many as requests at most.
    pub cards_at_most: u64,
    /// Cards that the rows make in a server that knows nobody yet.
    pub cards_if_none_is_known: u64,
    /// A server that knows everybody as one needs one card for all who can be recognised, and makes one for each who
    /// cannot.
    pub cards_at_least: u64,
    /// How many of those are made for certain, because there is nothing to recognise anybody by.
    pub cards_without_identity: u64,
    /// How the token holds against that.
    pub token: Option<TokenOutlook>,
}

/// How long a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOutlook {
    /// It does not say when it ends.
    Unsaid,
    /// It ended so long ago.
    Ended(Duration),
    /// It ends in so much time, which is too soon.
    TooSoon(Duration),
    /// It ends in so much time, which is enough.
    Enough(Duration),
}

impl Forecast {
    /// For these rows at this rate. `token_left` is what the token says of its end: `Ok` for the time left, `Err` for
    /// the time since; the inner `None` when it says nothing.
    pub fn new(
        merges: &MergeOutlook,
        rate: Option<f64>,
        token_left: Option<Option<Result<Duration, Duration>>>,
    ) -> Forecast {
        let requests = merges.rows_to_send();
        // The first request goes at once, every other one a step later.
        let seconds = rate.map(|rate| requests.saturating_sub(1) as f64 / rate);
        let time = seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        let token = token_left.map(|left| match left {
            None => TokenOutlook::Unsaid,
            Some(Err(ago)) => TokenOutlook::Ended(ago),
            Some(Ok(left)) if time.is_some_and(|time| time >= left) => TokenOutlook::TooSoon(left),
            Some(Ok(left)) => TokenOutlook::Enough(left),
        });
        let lonely = merges.cards_without_identity();
        Forecast {
            requests,
            bytes: merges.document_bytes,
            rate,
            time,
            cards_at_most: requests,
            cards_if_none_is_known: merges.cards,
            cards_at_least: lonely + requests.saturating_sub(lonely).min(1),
            cards_without_identity: lonely,
            token,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_be_recognised_makes_a_card_for_certain() {
        // Three alone, of which one repeats another; a pair; and one more, by themselves or beside the others.
        let lonely = MergeOutlook {
            rows: 3,
            rows_without_identity: 3,
            identical_rows: 1,
            persons: 2,
            ..MergeOutlook::default()
        };
        let paired = MergeOutlook { rows: 6, persons: 4, groups: 1, rows_in_groups: 2, ..lonely.clone() };
        let least = |merges: &MergeOutlook| {
            let forecast = Forecast::new(merges, None, None);
            (forecast.cards_at_least, forecast.cards_without_identity)
        };
        assert_eq!((least(&lonely), least(&paired)), ((2, 2), (3, 2)));
    }

    #[test]
    fn a_run_takes_as_long_as_its_requests_at_the_rate() {
        let merges = MergeOutlook { rows: 6_002, identical_rows: 1, cards: 5_900, ..MergeOutlook::default() };
        let left = |seconds| Some(Some(Ok(Duration::from_secs(seconds))));
        let forecast = Forecast::new(&merges, Some(10.0), left(600));
        assert_eq!((forecast.requests, forecast.time), (6_001, Some(Duration::from_secs(600))));
        assert_eq!(forecast.token, Some(TokenOutlook::TooSoon(Duration::from_secs(600))));
        assert_eq!(
            Forecast::new(&merges, Some(10.0), left(601)).token,
            Some(TokenOutlook::Enough(Duration::from_secs(601)))
        );
        let ago = Duration::from_secs(5);
        assert_eq!(Forecast::new(&merges, None, Some(Some(Err(ago)))).token, Some(TokenOutlook::Ended(ago)));
        assert_eq!(Forecast::new(&merges, None, None).time, None);
        assert_eq!(Forecast::new(&MergeOutlook::default(), Some(0.1), Some(None)).cards_at_least, 0);
    }
}
