//! One report per stop.
//!
//! EventBridge delivers at least once and in any order, and ECS may speak of a stop again, for example when a network
//! interface is gone. Owns: which stops were told, in bounded memory. Does not own: what becomes of a repeated one.
//!
//! A stop counts as told once its chunk has arrived. Until then it is *claimed* by the chunk, whose replay finds its
//! own claims; when the chunk is forgotten, so are they, and the next event of that stop is the first again.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html> (`detail.version`), read 2026-11.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::{EcsEvent, StopEvent};

/// What one event is to the stop it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// Nobody spoke of the stop before.
    First,
    /// It was told, but without the exit code that this event brings.
    Update,
    /// The same event again, or one that is older than what was told.
    Repeated,
    /// A later event that adds nothing.
    Followed,
}

/// Stops remembered at one time: with about 200 bytes each, 2 MB.
const MOST: usize = 10_000;

/// The memory of one instance.
#[derive(Debug, Default)]
pub struct StopDedup {
    told: RefCell<HashMap<String, SeenStop>>,
    order: RefCell<VecDeque<String>>,
}

#[derive(Debug)]
struct SeenStop {
    version: i64,
    has_exit_code: bool,
    claim: Claim,
}

type Claim = Rc<Cell<ClaimState>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClaimState {
    Claimed,
    Told,
    Forgotten,
}

/// What the events of one chunk were found to be, in their order. Dropping it unconfirmed gives its claims up.
#[derive(Debug, Default)]
pub struct Claims(RefCell<Vec<(Occurrence, Option<Claim>)>>);

impl StopDedup {
    /// What this event is; `claims` are its chunk's and `nth` counts the chunk's stop events from 0.
    pub fn observe(&self, stop: &StopEvent, claims: &Claims, nth: usize) -> Occurrence {
        if let Some((known, _)) = claims.0.borrow().get(nth) {
            return *known;
        }
        let (standing, claim) = match stop.key() {
            // Each run of a container ends by itself; a task's later event is about the same end.
            Some((container, run)) if stop.ecs_event == EcsEvent::ContainerExited => {
                self.judge(&format!("{container}#{run}"), 0, stop.exit_code.is_some())
            }
            Some((subject, version)) => self.judge(subject, version, stop.exit_code.is_some()),
            None => (Occurrence::First, None),
        };
        claims.0.borrow_mut().push((standing, claim));
        standing
    }

    fn judge(&self, subject: &str, version: i64, has_exit_code: bool) -> (Occurrence, Option<Claim>) {
        let mut told = self.told.borrow_mut();
        let Some(known) = told.get_mut(subject) else {
            drop(told);
            return (Occurrence::First, Some(self.remember(subject, version, has_exit_code)));
        };
        let claim = Rc::new(Cell::new(ClaimState::Claimed));
        let before = std::mem::replace(known, SeenStop { version, has_exit_code, claim: Rc::clone(&claim) });
        let standing = match before.claim.get() {
            ClaimState::Forgotten => Occurrence::First,
            _ if version <= before.version => Occurrence::Repeated,
            _ if has_exit_code && !before.has_exit_code => Occurrence::Update,
            _ => Occurrence::Followed,
        };
        match standing {
            Occurrence::First | Occurrence::Update => return (standing, Some(claim)),
            Occurrence::Repeated => *known = before,
            Occurrence::Followed => *known = SeenStop { version, ..before },
        }
        (standing, None)
    }

    fn remember(&self, subject: &str, version: i64, has_exit_code: bool) -> Claim {
        let claim = Rc::new(Cell::new(ClaimState::Claimed));
        let told = SeenStop { version, has_exit_code, claim: Rc::clone(&claim) };
        self.told.borrow_mut().insert(subject.to_owned(), told);
        let mut order = self.order.borrow_mut();
        order.push_back(subject.to_owned());
        if order.len() > MOST
            && let Some(oldest) = order.pop_front()
        {
            self.told.borrow_mut().remove(&oldest);
        }
        claim
    }
}

impl Claims {
    /// The chunk has arrived.
    pub fn confirm(&self) {
        self.settle(ClaimState::Told);
    }

    fn settle(&self, fate: ClaimState) {
        let claims = self.0.borrow();
        let open = claims.iter().filter_map(|(_, claim)| claim.as_ref());
        open.filter(|claim| claim.get() == ClaimState::Claimed).for_each(|claim| claim.set(fate));
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        self.settle(ClaimState::Forgotten);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stop;

    fn stopped(task: &str, version: i64, exit_code: Option<i64>) -> StopEvent {
        let event = json!({
            "source": "aws.ecs", "detail-type": "ECS Task State Change",
            "detail": {
                "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "version": version,
                "taskArn": format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{task}"),
                "containers": [{"name": "app", "lastStatus": "STOPPED", "exitCode": exit_code}],
            },
        });
        stop::read(event).unwrap()
    }

    /// One event in a chunk of its own that arrives.
    fn tell(once: &StopDedup, stop: &StopEvent) -> Occurrence {
        let claims = Claims::default();
        let standing = once.observe(stop, &claims, 0);
        claims.confirm();
        standing
    }

    #[test]
    fn a_stop_is_told_once() {
        let once = StopDedup::default();
        assert_eq!(tell(&once, &stopped("a", 5, Some(1))), Occurrence::First);
        assert_eq!(tell(&once, &stopped("a", 5, Some(1))), Occurrence::Repeated);
        assert_eq!(tell(&once, &stopped("a", 4, Some(1))), Occurrence::Repeated, "out of order");
        assert_eq!(tell(&once, &stopped("a", 6, Some(1))), Occurrence::Followed);
        assert_eq!(tell(&once, &stopped("a", 6, Some(1))), Occurrence::Repeated);
        assert_eq!(tell(&once, &stopped("b", 1, Some(1))), Occurrence::First);
    }

    #[test]
    fn an_exit_code_that_comes_later_is_told_once() {
        let once = StopDedup::default();
        assert_eq!(tell(&once, &stopped("a", 5, None)), Occurrence::First);
        assert_eq!(tell(&once, &stopped("a", 6, Some(137))), Occurrence::Update);
        assert_eq!(tell(&once, &stopped("a", 7, Some(137))), Occurrence::Followed);
    }

    #[test]
    fn each_run_of_a_container_ends_once() {
        let exited = |restarts: u64| {
            let container = json!({"name": "app", "runtimeId": "r", "exitCode": 1, "restartCount": restarts});
            let detail = json!({"container": container});
            stop::read(json!({"source": "ecs_router", "detail-type": "ECS Container Exit", "detail": detail}))
                .unwrap()
        };
        let once = StopDedup::default();
        for (restarts, standing) in
            [(0, Occurrence::First), (0, Occurrence::Repeated), (1, Occurrence::First)]
        {
            assert_eq!(tell(&once, &exited(restarts)), standing, "{restarts}");
        }
    }

    #[test]
    fn a_replay_finds_what_its_chunk_was_told() {
        let (once, claims) = (StopDedup::default(), Claims::default());
        let (first, second) = (stopped("a", 5, Some(1)), stopped("a", 5, Some(1)));
        for _ in 0..3 {
            assert_eq!(once.observe(&first, &claims, 0), Occurrence::First);
            assert_eq!(once.observe(&second, &claims, 1), Occurrence::Repeated);
        }
    }

    #[test]
    fn what_never_arrived_was_not_told() {
        let once = StopDedup::default();
        let claims = Claims::default();
        assert_eq!(once.observe(&stopped("a", 5, Some(1)), &claims, 0), Occurrence::First);
        assert_eq!(
            tell(&once, &stopped("a", 5, Some(1))),
            Occurrence::Repeated,
            "claimed by a chunk that may come again"
        );
        drop(claims);
        assert_eq!(tell(&once, &stopped("a", 5, Some(1))), Occurrence::First);
        assert_eq!(tell(&once, &stopped("a", 5, Some(1))), Occurrence::Repeated);
    }

    #[test]
    fn memory_is_bounded() {
        let once = StopDedup::default();
        for number in 0..MOST + 10 {
            tell(&once, &stopped(&number.to_string(), 1, Some(1)));
        }
        assert!(once.told.borrow().len() <= MOST && once.order.borrow().len() <= MOST);
        assert_eq!(tell(&once, &stopped("0", 1, Some(1))), Occurrence::First, "the oldest is forgotten");
    }
}
