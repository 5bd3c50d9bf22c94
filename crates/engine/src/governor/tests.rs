use callout_flow::integration::draft::CircuitBreakerDraft;
use callout_flow::outcome::{Answer, AnswerBody};

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}

fn limits(rate: Option<f64>, burst: Option<u32>) -> ConnectionLimitsDraft {
    ConnectionLimitsDraft { requests_per_second: rate, burst, ..ConnectionLimitsDraft::default() }
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Outcome {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Outcome::Answered(Answer {
        status,
        headers,
        body: AnswerBody::Whole(bytes::Bytes::new()),
        notes: Vec::new(),
    })
}

type Headers<'h> = &'h [(&'h str, &'h str)];

struct World {
    governor: Governor,
    org: OrgId,
    limits: ConnectionLimitsDraft,
}

impl World {
    fn new(limits: ConnectionLimitsDraft) -> Self {
        Self { governor: Governor::default(), org: OrgId::default_org(), limits }
    }

    fn lane<'w>(&'w self, connection: &'w str) -> Lane<'w> {
        Lane { org: &self.org, connection, host: "api.example", limits: &self.limits }
    }

    fn ask(&self, millis: i64) -> Result<u64, (FailureClass, Timestamp)> {
        let admitted = self.admit(millis);
        admitted
            .map(|admitted| u64::try_from(admitted.wait.as_millis()).unwrap())
            .map_err(|held| (held.failure.class, held.until))
    }

    fn admit(&self, millis: i64) -> Result<Admitted<'_>, HeldBack> {
        self.governor.admit(self.lane("c"), at(millis), Duration::from_secs(10))
    }

    /// A call that was admitted before ends now.
    fn told(&self, millis: i64, outcome: &Outcome) {
        let (governor, lane) = (&self.governor, self.lane("c"));
        Admitted { governor, lane, wait: Duration::ZERO, probe: false }.learn(outcome, at(millis));
    }
}

#[test]
fn a_burst_goes_at_once_then_one_by_one_and_what_would_wait_long_is_told_when() {
    let world = World::new(limits(Some(2.0), Some(3)));
    let waits: Vec<_> = (0..6).map(|_| world.ask(0)).collect();
    let told = Err((FailureClass::RateLimited, at(1500)));
    assert_eq!(waits, [Ok(0), Ok(0), Ok(0), Ok(500), Ok(1000), told]);
    // Two seconds later the three that were used up beyond the present have come back.
    assert_eq!(world.ask(2000), Ok(0));
}

#[test]
fn a_rate_without_a_burst_lets_a_seconds_worth_go() {
    let world = World::new(limits(Some(2.5), None));
    assert_eq!((0..4).map(|_| world.ask(0)).collect::<Vec<_>>(), [Ok(0), Ok(0), Ok(0), Ok(400)]);
    let slow = World::new(limits(Some(0.1), None));
    assert_eq!(slow.ask(0), Ok(0));
    assert_eq!(slow.ask(1), Err((FailureClass::RateLimited, at(10_000))));
}

#[test]
fn over_any_second_no_more_go_than_the_rate_and_the_burst() {
    let world = World::new(limits(Some(10.0), Some(5)));
    let mut gone = Vec::new();
    for millis in (0..10_000).step_by(7) {
        if let Ok(wait) = world.ask(millis) {
            gone.push(millis + i64::try_from(wait).unwrap());
        }
    }
    for (index, first) in gone.iter().enumerate() {
        let within = gone[index..].iter().filter(|other| **other < first + 1000).count();
        assert!(within <= 15, "{within} in the second from {first}");
    }
    assert!(gone.len() >= 100, "{}", gone.len());
}

#[test]
fn what_the_api_asks_for_holds_all_its_calls_back() {
    let cases: [(u16, Headers<'_>, i64); 11] = [
        (429, &[("retry-after", "7")], 7000),
        (503, &[("retry-after", "7")], 7000),
        (200, &[("ratelimit", "\"default\";r=0;t=30")], 30_000),
        (200, &[("ratelimit", "\"minute\";r=5;t=30, \"day\";r=0;t=90")], 90_000),
        (200, &[("ratelimit", "limit=10, remaining=0, reset=12")], 12_000),
        (200, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "9")], 9000),
        (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000060")], 60_000),
        (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000060000")], 60_000),
        (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "1.5")], 1500),
        (429, &[("x-rate-limit-reset", "20")], 20_000),
        // No longer than an hour, whatever it says.
        (429, &[("retry-after", "99999999999999999999")], 3_600_000),
    ];
    for (status, headers, until) in cases {
        let world = World::new(limits(None, None));
        world.told(0, &answer(status, headers));
        assert_eq!(world.ask(1), Err((FailureClass::RateLimited, at(until))), "{headers:?}");
        assert_eq!(world.ask(until - 500), Ok(500), "{headers:?}");
        assert_eq!(world.ask(until), Ok(0), "{headers:?}");
        assert!(world.governor.admit(world.lane("other"), at(1), Duration::ZERO).is_ok());
    }
}

#[test]
fn an_answer_that_asks_for_nothing_holds_nothing_back() {
    let cases: [(u16, Headers<'_>); 9] = [
        (200, &[("retry-after", "7")]),
        (429, &[]),
        (429, &[("retry-after", "soon")]),
        (200, &[("ratelimit", "\"default\";r=1;t=30")]),
        (200, &[("ratelimit", "r=0")]),
        (200, &[("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "1800000060")]),
        (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000000")]),
        (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "NaN")]),
        (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "-5")]),
    ];
    for (status, headers) in cases {
        let world = World::new(limits(None, None));
        world.told(0, &answer(status, headers));
        assert_eq!(world.ask(1), Ok(0), "{headers:?}");
    }
}

fn breaking() -> World {
    let rule = CircuitBreakerDraft {
        failure_percent: 50,
        min_calls: Some(4),
        window_ms: Some(1000),
        open_ms: Some(5000),
    };
    World::new(ConnectionLimitsDraft { circuit_breaker: Some(rule), ..ConnectionLimitsDraft::default() })
}

#[test]
fn a_host_that_fails_is_left_alone_then_tried_by_one_call() {
    let world = breaking();
    for (status, millis) in [(200, 0), (200, 10), (500, 20), (502, 30)] {
        assert_eq!(world.ask(millis), Ok(0));
        world.told(millis, &answer(status, &[]));
    }
    assert_eq!(world.ask(40), Err((FailureClass::CircuitOpen, at(5030))));
    // An answer that was under way when it opened changes nothing.
    world.told(50, &answer(200, &[]));
    assert!(world.ask(60).is_err());
    let trial = world.admit(5030).unwrap();
    assert!(trial.probe);
    assert_eq!(
        world.ask(5040),
        Err((FailureClass::CircuitOpen, at(6040))),
        "one tries, the others ask again"
    );
    trial.learn(&answer(500, &[]), at(5100));
    assert_eq!(world.ask(5200), Err((FailureClass::CircuitOpen, at(10_100))));
    world.admit(10_100).unwrap().learn(&answer(404, &[]), at(10_200));
    assert_eq!(world.ask(10_200), Ok(0));
}

#[test]
fn failures_of_long_ago_are_forgotten_and_few_calls_judge_nothing() {
    let world = breaking();
    for millis in [0, 400, 1800, 2400, 4000, 9000] {
        assert_eq!(world.ask(millis), Ok(0));
        world.told(millis, &answer(500, &[]));
    }
    assert_eq!(world.ask(9001), Ok(0));
}

#[test]
fn a_trial_that_showed_nothing_is_another_calls() {
    let world = breaking();
    for millis in 0..4 {
        world.told(millis, &answer(500, &[]));
    }
    let full = Failure {
        class: FailureClass::MaxConnection,
        phase: Phase::Slot,
        message: "no slot came free".to_owned(),
    };
    let trial = world.admit(6000).unwrap();
    assert!(trial.probe);
    trial.learn(&Outcome::NotSent(full), at(6000));
    let trial = world.admit(6001).unwrap();
    assert!(trial.probe, "it found no slot, so it told nothing of the host");
    assert!(world.ask(6002).is_err());
    // Its run was stopped.
    drop(trial);
    assert!(world.admit(6003).unwrap().probe);
}

#[test]
fn a_turn_that_would_come_after_the_calls_own_end_is_not_taken() {
    let world = World::new(limits(Some(2.0), Some(1)));
    assert_eq!(world.ask(0), Ok(0));
    let held = world.governor.admit(world.lane("c"), at(0), Duration::from_millis(499)).unwrap_err();
    assert_eq!((held.failure.class, held.until), (FailureClass::RateLimited, at(500)));
    assert_eq!(world.ask(0), Ok(500), "the turn is still there");
}

#[test]
fn only_connections_that_something_is_known_of_are_remembered_when_there_are_many() {
    let world = World::new(limits(None, None));
    world.told(0, &answer(429, &[("retry-after", "7")]));
    for number in 0..=CONNECTIONS_MAX {
        let id = format!("other-{number}");
        world.governor.admit(world.lane(&id), at(1), Duration::ZERO).unwrap();
    }
    assert!(world.governor.lock().len() < CONNECTIONS_MAX);
    assert!(world.ask(1).is_err(), "what was asked for still holds");
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_back() {
    const DAY: i64 = 86_400_000;
    let world = World::new(limits(Some(0.1), Some(2)));
    assert_eq!([world.ask(DAY), world.ask(DAY)], [Ok(0), Ok(0)]);
    assert!(world.ask(DAY).is_err());
    assert_eq!(world.ask(0), Ok(0));
    let world = World::new(limits(None, None));
    world.told(DAY, &answer(429, &[("retry-after", "60")]));
    assert!(world.ask(DAY).is_err());
    assert_eq!(world.ask(0), Ok(0));
    let world = breaking();
    for millis in 0..4 {
        world.told(DAY + millis, &answer(500, &[]));
    }
    assert!(world.ask(DAY + 10).is_err());
    assert!(world.admit(0).unwrap().probe);
}
