//! The slots of one pool, shared fairly among lanes: a lane that floods the pool leaves the others their part.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

/// The part of the slots that one lane leaves to the others, in percent.
const LEFT_TO_OTHERS_PERCENT: usize = 40;
/// How long that part is kept free for lanes that were here: those who come again find it, and a lane that is
/// alone has all of the pool.
const OTHERS_REMEMBERED: Duration = Duration::from_secs(10);

/// The lane of what is no flow's: it gets a slot in its turn, and nobody keeps a part for it.
const NOBODYS: u64 = 0;

/// `T` is what a waiter is handed.
pub(super) struct Slots<T> {
    in_use: usize,
    /// In the order of their turns: who was served goes to the end.
    lanes: Vec<Lane<T>>,
}

struct Lane<T> {
    id: u64,
    held: usize,
    seen: Instant,
    waiting: VecDeque<Waiting<T>>,
}

struct Waiting<T> {
    /// How many slots there are, as this one has it: those who share them need not agree.
    max: usize,
    sender: oneshot::Sender<T>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { in_use: 0, lanes: Vec::new() }
    }
}

impl<T> Lane<T> {
    fn is_here(&self) -> bool {
        self.held > 0 || !self.waiting.is_empty()
    }

    fn is_remembered(&self, now: Instant) -> bool {
        self.is_here() || now.saturating_duration_since(self.seen) < OTHERS_REMEMBERED
    }
}

impl<T> Slots<T> {
    pub(super) fn in_use(&self) -> usize {
        self.in_use
    }

    /// Whether anyone holds a slot or waits for one.
    pub(super) fn is_used(&self) -> bool {
        self.lanes.iter().any(Lane::is_here)
    }

    /// Whether anyone is here, or was so lately that a part is kept for them.
    pub(super) fn is_remembered(&self, now: Instant) -> bool {
        self.lanes.iter().any(|lane| lane.is_remembered(now))
    }

    /// Takes a slot at once if this lane may have one more; nobody who waits is overtaken by it.
    pub(super) fn take(&mut self, id: u64, max: usize, now: Instant) -> bool {
        self.lanes.retain(|lane| lane.id == id || lane.is_remembered(now));
        let index = match self.lanes.iter().position(|lane| lane.id == id) {
            Some(index) => index,
            None => {
                self.lanes.push(Lane { id, held: 0, seen: now, waiting: VecDeque::new() });
                self.lanes.len() - 1
            }
        };
        self.lanes[index].seen = now;
        let free = self.lanes[index].waiting.is_empty() && self.may_take(index, max);
        if free {
            self.serve(index);
        }
        free
    }

    /// Puts a caller whom `take` turned away into its lane's queue.
    pub(super) fn wait(&mut self, id: u64, max: usize) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id) {
            lane.waiting.push_back(Waiting { max, sender });
        }
        receiver
    }

    pub(super) fn give_back(&mut self, id: u64, now: Instant) {
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id) {
            lane.held = lane.held.saturating_sub(1);
            lane.seen = now;
            self.in_use = self.in_use.saturating_sub(1);
        }
    }

    /// Counts a slot for the next who waits and may have one, lane by lane in turn.
    pub(super) fn grant(&mut self) -> Option<(u64, oneshot::Sender<T>)> {
        self.forget_gone();
        let may = |index: &usize| {
            self.lanes[*index].waiting.front().is_some_and(|first| self.may_take(*index, first.max))
        };
        let index = (0..self.lanes.len()).find(may)?;
        let Waiting { sender, .. } = self.lanes[index].waiting.pop_front()?;
        let id = self.lanes[index].id;
        self.serve(index);
        Some((id, sender))
    }

    /// Forgets waiters who have gone.
    pub(super) fn forget_gone(&mut self) {
        for lane in &mut self.lanes {
            lane.waiting.retain(|waiting| !waiting.sender.is_closed());
        }
    }

    fn serve(&mut self, index: usize) {
        self.in_use += 1;
        self.lanes[index].held += 1;
        self.lanes[index..].rotate_left(1);
    }

    fn may_take(&self, index: usize, max: usize) -> bool {
        self.in_use < max && self.lanes[index].held < self.share(index, max)
    }

    /// What one lane may hold: all of it while there is no other.
    fn share(&self, index: usize, max: usize) -> usize {
        let others = self.lanes.iter().filter(|lane| lane.id != self.lanes[index].id && lane.id != NOBODYS);
        if others.count() == 0 {
            return max;
        }
        let left = (max * LEFT_TO_OTHERS_PERCENT).div_ceil(100);
        (max - left).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(slots: &Slots<()>, id: u64) -> usize {
        slots.lanes.iter().find(|lane| lane.id == id).map_or(0, |lane| lane.held)
    }

    #[test]
    fn a_lane_alone_has_all_of_the_pool() {
        let (mut slots, now) = (Slots::<()>::default(), Instant::now());
        let taken = (0..20).filter(|_| slots.take(1, 10, now)).count();
        assert_eq!((taken, slots.in_use()), (10, 10));
    }

    #[test]
    fn a_flood_leaves_a_lane_that_was_here_its_part() {
        for (max, of_flood) in [(1, 1), (2, 1), (3, 1), (5, 3), (10, 6), (64, 38)] {
            let (mut slots, now) = (Slots::<()>::default(), Instant::now());
            assert!(slots.take(2, max, now));
            slots.give_back(2, now);
            let taken = (0..200).filter(|_| slots.take(1, max, now)).count();
            assert_eq!(taken, of_flood, "{max}");
            let taken = (0..200).filter(|_| slots.take(2, max, now)).count();
            assert_eq!(taken, of_flood.min(max - of_flood), "{max}");
            let taken = (0..200).filter(|_| slots.take(3, max, now)).count();
            assert!(taken + 2 * of_flood >= max, "a third finds what the two leave: {max}");
        }
    }

    #[test]
    fn a_lane_that_has_not_been_here_for_long_is_kept_nothing() {
        let (mut slots, now) = (Slots::<()>::default(), Instant::now());
        assert!(slots.take(2, 10, now));
        slots.give_back(2, now);
        let later = now + OTHERS_REMEMBERED;
        assert_eq!((0..20).filter(|_| slots.take(1, 10, later)).count(), 10);
    }

    #[test]
    fn freed_slots_go_to_a_lane_that_came_late_until_it_has_its_part() {
        let (mut slots, now) = (Slots::<()>::default(), Instant::now());
        assert_eq!((0..10).filter(|_| slots.take(1, 10, now)).count(), 10);
        let mut waiters = Vec::new();
        for lane in [1, 2] {
            for _ in 0..20 {
                assert!(!slots.take(lane, 10, now));
                waiters.push(slots.wait(lane, 10));
            }
        }
        for _ in 0..4 {
            slots.give_back(1, now);
            let (lane, _) = slots.grant().unwrap();
            assert_eq!(lane, 2);
            assert!(slots.grant().is_none());
        }
        assert_eq!((held(&slots, 1), held(&slots, 2)), (6, 4));
        // From here on each keeps its own, or they take turns.
        for _ in 0..16 {
            slots.give_back(if held(&slots, 1) >= 6 { 1 } else { 2 }, now);
            slots.grant().unwrap();
            assert!(held(&slots, 1) <= 6 && held(&slots, 2) <= 6);
        }
    }

    #[test]
    fn who_knows_of_more_slots_opens_them_for_nobody_else() {
        let (mut slots, now) = (Slots::<()>::default(), Instant::now());
        assert_eq!((0..3).filter(|_| slots.take(1, 2, now)).count(), 2);
        let mut waiter = slots.wait(1, 2);
        assert!(slots.take(2, 64, now));
        assert!(slots.grant().is_none());
        slots.give_back(2, now);
        assert!(slots.grant().is_none() && waiter.try_recv().is_err());
        slots.give_back(1, now);
        assert_eq!(slots.grant().map(|(lane, _)| lane), None, "the lane has its part of two");
        slots.give_back(1, now);
        assert_eq!(slots.grant().map(|(lane, _)| lane), Some(1));
    }

    #[test]
    fn nobody_keeps_a_part_for_what_is_no_flows() {
        let (mut slots, now) = (Slots::<()>::default(), Instant::now());
        assert!(slots.take(NOBODYS, 10, now));
        assert_eq!((0..20).filter(|_| slots.take(1, 10, now)).count(), 9);
        assert!(!slots.take(NOBODYS, 10, now));
        let mut waiter = slots.wait(NOBODYS, 10);
        slots.give_back(1, now);
        slots.grant().unwrap().1.send(()).unwrap();
        assert!(waiter.try_recv().is_ok());
    }

    #[test]
    fn lanes_take_turns_and_who_has_gone_is_passed_over() {
        let (mut slots, now) = (Slots::<()>::default(), Instant::now());
        assert!(slots.take(9, 1, now));
        let mut receivers = Vec::new();
        for lane in [1, 1, 1, 2, 3, 2] {
            assert!(!slots.take(lane, 1, now));
            receivers.push(slots.wait(lane, 1));
        }
        drop(receivers.remove(0));
        let mut turns = Vec::new();
        let mut holder = 9;
        loop {
            slots.give_back(holder, now);
            let Some((lane, _)) = slots.grant() else { break };
            turns.push(lane);
            holder = lane;
        }
        assert_eq!(turns, [1, 2, 3, 1, 2]);
        assert!(!slots.is_used());
    }
}
