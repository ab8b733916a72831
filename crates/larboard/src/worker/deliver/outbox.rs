//! How much this process sends at a time, in all and to one destination, and what has to wait for a place.
//!
//! It counts. Claiming, sending and recording are the worker's.

use super::settling::Settling;
use crate::state::App;
use larboard_core::time::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Deliveries claimed at once.
const CLAIM: usize = 128;

/// For each request that may be under way, so many deliveries are held in all: the others wait in memory for their turn,
/// which costs nothing, instead of in the table, where each has to be claimed.
const HELD: usize = 16;

/// What this process sends.
pub struct Outbox {
    /// The name this process leases under.
    pub owner: String,
    limit: usize,
    destination_limit: usize,
    timeout: Duration,
    /// Permits to send, in all.
    senders: Arc<Semaphore>,
    /// Deliveries leased to this process.
    held: AtomicUsize,
    /// Something due may wait in the table for a place to be given back.
    short: AtomicBool,
    destinations: Mutex<HashMap<String, Destination>>,
    /// Attempts that went well and are to be recorded.
    pub(super) settling: Settling,
    wake: Notify,
    idle: Notify,
}

/// What this process sends to one destination.
struct Destination {
    /// Permits to send to it, given out in the order in which they were asked for.
    senders: Arc<Semaphore>,
    /// Deliveries to it that are leased to this process.
    held: usize,
    /// Deliveries to it may wait in the table: new ones queue behind them.
    waiting: bool,
}

/// A place among the deliveries of this process, given back when dropped.
pub struct Place {
    pub(super) app: App,
    destination: String,
    senders: Arc<Semaphore>,
}

/// Lets one request be sent; given back when dropped.
pub(super) struct Turn {
    _destination: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Place {
    /// Waits for its turn to send. `None` if the server stops meanwhile.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let all = &self.app.outbox.senders;
        let turn = async {
            // Whoever waits for a slow destination keeps nobody else waiting.
            let destination = self.senders.clone().acquire_owned().await.ok()?;
            let all = all.clone().acquire_owned().await.ok()?;
            Some(Turn {
                _destination: destination,
                _all: all,
            })
        };
        tokio::select! {
            biased;
            turn = turn => turn,
            () = self.app.stopping.cancelled() => None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.app.outbox.give_back(&self.destination);
    }
}

/// Whether so many places are free that it is worth looking for what waits: claiming one delivery at a time costs a
/// transaction for each.
fn is_roomy(limit: usize, taken: usize) -> bool {
    limit.saturating_sub(taken) >= (limit / 4).max(1)
}

impl Outbox {
    /// An outbox of a process that leases as `owner`, sends at most `limit` requests at a time and `destination_limit` of
    /// them to one destination. An attempt takes at most `timeout`.
    pub fn new(owner: String, limit: usize, destination_limit: usize, timeout: Duration) -> Self {
        Self {
            owner,
            limit: limit.saturating_mul(HELD),
            destination_limit: destination_limit.min(limit).saturating_mul(HELD),
            timeout,
            senders: senders(limit),
            held: AtomicUsize::new(0),
            short: AtomicBool::new(false),
            destinations: Mutex::default(),
            settling: Settling::default(),
            wake: Notify::new(),
            idle: Notify::new(),
        }
    }

    /// When a lease taken now runs out.
    pub fn lease_until(&self, now: Timestamp) -> Timestamp {
        // The attempt, and as much again for waiting for its turn and recording it on a slow database.
        now.plus_millis(millis(self.timeout * 2 + Duration::from_secs(5)))
    }

    /// Whether an attempt that begins now ends before its lease does.
    pub(super) fn is_in_time(&self, now: Timestamp, lease_until: Timestamp) -> bool {
        now.plus_millis(millis(self.timeout)) < lease_until
    }

    /// Something in the table may be due: it is looked at soon.
    pub fn look(&self) {
        self.wake.notify_one();
    }

    /// When something may be due.
    pub(super) fn woken(&self) -> Notified<'_> {
        self.wake.notified()
    }

    /// When nothing is under way any more.
    pub(super) fn idle(&self) -> Notified<'_> {
        self.idle.notified()
    }

    /// How many deliveries are under way or wait for their turn.
    pub fn in_flight(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Takes a place for a new delivery, unless all are taken or others wait for one.
    fn take_new(&self, destination: &str) -> Option<Arc<Semaphore>> {
        self.take_if(destination, |known| !known.waiting)
    }

    /// Takes a place for a delivery that waited.
    fn take(&self, destination: &str) -> Option<Arc<Semaphore>> {
        self.take_if(destination, |_| true)
    }

    fn take_if(
        &self,
        destination: &str,
        may: impl FnOnce(&Destination) -> bool,
    ) -> Option<Arc<Semaphore>> {
        let mut destinations = self.destinations.lock();
        if !destinations.contains_key(destination) {
            let new = Destination {
                senders: senders(self.destination_limit / HELD),
                held: 0,
                waiting: false,
            };
            destinations.insert(destination.to_owned(), new);
        }
        let known = destinations.get_mut(destination)?;
        let full = self.in_flight() >= self.limit || known.held >= self.destination_limit;
        if full || !may(known) {
            known.waiting = true;
            return None;
        }
        known.held += 1;
        self.held.fetch_add(1, Ordering::SeqCst);
        Some(known.senders.clone())
    }

    fn give_back(&self, destination: &str) {
        let mut destinations = self.destinations.lock();
        if let Some(known) = destinations.get_mut(destination) {
            known.held -= 1;
            if known.held == 0 && !known.waiting {
                destinations.remove(destination);
            }
        }
        drop(destinations);
        if self.held.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.idle.notify_waiters();
        }
        self.look_if_short(destination);
    }

    /// Looks at the table if something in it waits for a place and there are places again. Looking after each attempt would
    /// cost a query for nothing.
    fn look_if_short(&self, destination: &str) {
        if !self.short.load(Ordering::SeqCst) || !is_roomy(self.limit, self.in_flight()) {
            return;
        }
        let held = self
            .destinations
            .lock()
            .get(destination)
            .map_or(0, |known| known.held);
        if is_roomy(self.destination_limit, held) && self.short.swap(false, Ordering::SeqCst) {
            self.look();
        }
    }

    /// How many deliveries may be claimed now, and the destinations that take none. If none or if there are such, the
    /// claimer is woken once there are places again. So few may be claimed that there is a place for each, whichever the
    /// destination.
    pub(super) fn room(&self) -> (usize, Vec<String>) {
        let look = || {
            let destinations = self.destinations.lock();
            let (mut room, mut busy) = (CLAIM.min(self.destination_limit), Vec::new());
            for (name, known) in destinations.iter() {
                if is_roomy(self.destination_limit, known.held) {
                    room = room.min(self.destination_limit - known.held);
                } else {
                    busy.push(name.clone());
                }
            }
            let taken = self.in_flight();
            if !is_roomy(self.limit, taken) {
                room = 0;
            }
            (room.min(self.limit.saturating_sub(taken)), busy)
        };
        let (room, busy) = look();
        if room > 0 && busy.is_empty() {
            return (room, busy);
        }
        self.short.store(true, Ordering::SeqCst);
        // A place given back just before the line above woke nobody, so it is looked for again.
        look()
    }

    /// Nothing is due in the table but to the destinations that are `busy`: new deliveries to others need not queue.
    pub(super) fn caught_up(&self, busy: &[String]) {
        self.destinations.lock().retain(|name, known| {
            known.waiting &= busy.contains(name);
            known.waiting || known.held > 0
        });
    }
}

/// A place for a new delivery to `destination`; `None` if all are taken or others wait for one: the delivery then waits in
/// the table.
pub fn reserve(app: &App, destination: &str) -> Option<Place> {
    place(app, destination, Outbox::take_new)
}

/// A place for a delivery that waited in the table; `None` if all are taken.
pub(super) fn claimed(app: &App, destination: &str) -> Option<Place> {
    place(app, destination, Outbox::take)
}

fn place(
    app: &App,
    destination: &str,
    take: impl FnOnce(&Outbox, &str) -> Option<Arc<Semaphore>>,
) -> Option<Place> {
    if app.stopping.is_cancelled() {
        return None;
    }
    Some(Place {
        senders: take(&app.outbox, destination)?,
        app: app.clone(),
        destination: destination.to_owned(),
    })
}

fn senders(limit: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS)))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CI: &str = "ci:443";

    /// Holds `limit` deliveries in all and `destination_limit` to one destination.
    fn outbox(limit: usize, destination_limit: usize) -> Outbox {
        let outbox = Outbox::new(
            "test".into(),
            limit,
            destination_limit,
            Duration::from_secs(1),
        );
        Outbox {
            limit,
            destination_limit,
            ..outbox
        }
    }

    fn is_woken(outbox: &Outbox) -> bool {
        use futures_util::FutureExt;
        outbox.woken().now_or_never().is_some()
    }

    fn new(outbox: &Outbox, count: usize) -> usize {
        (0..count).filter(|_| outbox.take_new(CI).is_some()).count()
    }

    #[test]
    fn more_is_held_than_may_be_sent_and_turns_are_as_many_as_may_be_sent() {
        let outbox = Outbox::new("test".into(), 8, 2, Duration::from_secs(1));
        let senders = outbox.take_new(CI).expect("a place");
        assert_eq!(new(&outbox, 100), 2 * HELD - 1);
        assert_eq!(
            (
                senders.available_permits(),
                outbox.senders.available_permits()
            ),
            (2, 8)
        );
        assert!(
            outbox.take_new("other:443").is_some(),
            "others are not concerned"
        );
        assert_eq!(outbox.in_flight(), 2 * HELD + 1);
    }

    #[test]
    fn a_lease_that_ends_before_an_attempt_would_is_not_begun_on() {
        let outbox = outbox(8, 8);
        let now = Timestamp::from_millis(1_000_000);
        let until = outbox.lease_until(now);
        assert!(outbox.is_in_time(now, until));
        assert!(outbox.is_in_time(until.plus_millis(-1001), until));
        assert!(!outbox.is_in_time(until.plus_millis(-1000), until));
    }

    #[test]
    fn new_deliveries_queue_behind_those_that_wait_until_nothing_does() {
        let outbox = outbox(8, 1);
        assert_eq!(new(&outbox, 2), 1);
        outbox.give_back(CI);
        assert_eq!(new(&outbox, 1), 0, "one is in the table");
        assert!(outbox.take(CI).is_some(), "which takes the place");
        outbox.give_back(CI);
        outbox.caught_up(&[CI.to_owned()]);
        assert_eq!(new(&outbox, 1), 0, "it was not looked for");
        outbox.caught_up(&[]);
        assert_eq!(new(&outbox, 1), 1);
    }

    #[test]
    fn no_more_is_claimed_than_has_a_place_whichever_its_destination() {
        let outbox = outbox(100, 16);
        assert_eq!(outbox.room(), (16, vec![]));
        assert_eq!(new(&outbox, 10), 10);
        assert_eq!(outbox.room(), (6, vec![]));
        assert_eq!(new(&outbox, 3), 3);
        assert_eq!(outbox.room(), (16, vec![CI.to_owned()]));
    }

    #[test]
    fn the_claimer_is_woken_once_there_are_places_again() {
        let outbox = outbox(100, 4);
        assert_eq!(new(&outbox, 4), 4);
        outbox.give_back(CI);
        assert!(!is_woken(&outbox), "nothing waits");
        assert!(outbox.take(CI).is_some());
        assert_eq!(outbox.room().1, [CI]);
        assert!(!is_woken(&outbox), "nothing is free");
        outbox.give_back(CI);
        assert!(is_woken(&outbox));
        outbox.give_back(CI);
        assert!(!is_woken(&outbox), "it was woken already");
    }

    #[test]
    fn where_all_places_are_taken_none_is_claimed_until_some_are_free() {
        let outbox = outbox(4, 8);
        assert_eq!(new(&outbox, 5), 4);
        assert_eq!(outbox.room(), (0, vec![]));
        outbox.give_back(CI);
        assert!(is_woken(&outbox));
        assert_eq!(outbox.room(), (1, vec![]));
    }
}
