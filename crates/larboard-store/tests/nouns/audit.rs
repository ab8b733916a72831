//! The event stream: what is kept, in which order, and which events a filter lets through.

use crate::samples::{AWKWARD, event};
use crate::{at, change, look, race, refusal, violated};
use larboard_store::audit::{self, EventRow, Filter};
use larboard_store::testing::on_both_databases;
use larboard_store::{Notice, Store, StoreError, Tx};

type Keeps = fn(&EventRow) -> bool;
type Sets = fn(&mut Filter);

fn full() -> EventRow {
    let text = |text: &str| Some(text.to_owned());
    EventRow {
        resource_type: "entity".into(),
        actor: r#"{"z":1,"a":"é"}"#.into(),
        address: text("2001:db8::1"),
        blueprint: text("service"),
        entity: text("checkout"),
        run_id: text("r_1"),
        action_identifier: text("deploy"),
        before: text(r#"{"b":1,"a":2.50}"#),
        after: text("null"),
        additional: text("{}"),
        message: text(AWKWARD),
        ..event("event_full", 7)
    }
}

/// 64 events in which every combination of two values of different fields occurs.
fn crowd() -> Vec<EventRow> {
    let pick = |on: bool, text: &str| on.then(|| text.to_owned());
    (0..64_usize)
        .map(|number| EventRow {
            entity: pick(number % 2 == 1, "checkout"),
            blueprint: pick(number / 2 % 2 == 1, "service"),
            run_id: pick(number / 4 % 2 == 1, "r_1"),
            action: ["CREATE", "UPDATE"][number / 8 % 2].into(),
            status: ["SUCCESS", "FAILURE"][number / 16 % 2].into(),
            origin: ["UI", "API", "AUTOMATION"][number % 3].into(),
            resource_type: ["entity", "run", "action"][number / 5 % 3].into(),
            // The clock may step back; the stream keeps the order in which events were written.
            ..event(&format!("event_{number:02}"), (number * 5 % 16) as i64)
        })
        .collect()
}

/// Each condition of a filter by itself, and the events that fulfil it.
fn conditions() -> Vec<(Sets, Keeps)> {
    vec![
        (|f| f.id = Some("event_23".into()), |e| e.id == "event_23"),
        (
            |f| f.entity = Some("checkout".into()),
            |e| e.entity.is_some(),
        ),
        (
            |f| f.blueprint = Some("service".into()),
            |e| e.blueprint.is_some(),
        ),
        (|f| f.run_id = Some("r_1".into()), |e| e.run_id.is_some()),
        (
            |f| f.origins = vec!["UI".into(), "AUTOMATION".into()],
            |e| e.origin != "API",
        ),
        (
            |f| f.resources = vec!["run".into(), "nothing".into()],
            |e| e.resource_type == "run",
        ),
        (|f| f.from = Some(at(5)), |e| e.at >= at(5)),
        (|f| f.to = Some(at(10)), |e| e.at <= at(10)),
        (
            |f| f.action = Some("CREATE".into()),
            |e| e.action == "CREATE",
        ),
        (
            |f| f.status = Some("FAILURE".into()),
            |e| e.status == "FAILURE",
        ),
    ]
}

async fn append_all(store: &Store, events: &[EventRow]) -> Vec<i64> {
    let events = events.to_vec();
    change(store, move |tx| {
        events
            .iter()
            .map(|event| audit::append(tx, event))
            .collect()
    })
    .await
}

async fn listed(store: &Store, filter: &Filter, limit: i64) -> Vec<(i64, EventRow)> {
    let filter = filter.clone();
    look(store, move |tx| audit::list(tx, &filter, limit)).await
}

async fn ids(store: &Store, filter: &Filter) -> Vec<String> {
    let rows = listed(store, filter, 100).await;
    rows.into_iter().map(|(_, event)| event.id).collect()
}

fn expected(events: &[EventRow], keeps: &[Keeps]) -> Vec<String> {
    let kept = events.iter().rev();
    kept.filter(|event| keeps.iter().all(|keep| keep(event)))
        .map(|event| event.id.clone())
        .collect()
}

#[test]
fn an_event_reads_back_as_it_was_written_full_or_bare() {
    on_both_databases(|store| async move {
        let events = [full(), event("event_bare", 3)];
        let seqs = append_all(&store, &events).await;
        assert!(seqs[0] < seqs[1], "{seqs:?}");
        for (seq, event) in seqs.iter().copied().zip(&events) {
            let found = look(&store, move |tx| audit::find_at(tx, seq)).await;
            assert_eq!(found.as_ref(), Some(event));
        }
        let rows = listed(&store, &Filter::default(), 10).await;
        assert_eq!(rows, [(seqs[1], events[1].clone()), (seqs[0], full())]);
        let next = seqs[1] + 1;
        assert_eq!(look(&store, move |tx| audit::find_at(tx, next)).await, None);
    });
}

#[test]
fn the_id_of_an_event_is_taken_once() {
    on_both_databases(|store| async move {
        append_all(&store, &[full()]).await;
        let error = refusal(&store, |tx| audit::append(tx, &event("event_full", 9))).await;
        assert_eq!(violated(&error), "audit_events_id");
        assert_eq!(ids(&store, &Filter::default()).await, ["event_full"]);
    });
}

#[test]
fn an_event_is_told_after_its_commit_and_not_if_there_is_none() {
    on_both_databases(|store| async move {
        let mut notices = store.subscribe();
        refusal(&store, |tx| {
            audit::append(tx, &full())?;
            Err::<(), _>(StoreError::Missing)
        })
        .await;
        let seqs = append_all(&store, &[event("event_1", 1)]).await;
        assert_eq!(notices.recv().await, Ok(Notice::Events(seqs[0]..=seqs[0])));
        assert_eq!(ids(&store, &Filter::default()).await, ["event_1"]);
    });
}

#[test]
fn each_filter_alone_lists_the_events_that_pass_it_newest_first() {
    on_both_databases(|store| async move {
        let events = crowd();
        append_all(&store, &events).await;
        assert_eq!(
            ids(&store, &Filter::default()).await,
            expected(&events, &[])
        );
        for (number, (set, keeps)) in conditions().into_iter().enumerate() {
            let mut filter = Filter::default();
            set(&mut filter);
            let wanted = expected(&events, &[keeps]);
            assert!(
                !wanted.is_empty() && wanted.len() < events.len(),
                "condition {number} proves nothing"
            );
            assert_eq!(ids(&store, &filter).await, wanted, "condition {number}");
        }
    });
}

#[test]
fn filters_in_pairs_and_all_at_once_must_all_hold() {
    on_both_databases(|store| async move {
        let events = crowd();
        append_all(&store, &events).await;
        let conditions = conditions();
        for (first, (set, keeps)) in conditions.iter().enumerate() {
            for (second, (also_set, also_keeps)) in conditions.iter().enumerate().skip(first + 1) {
                let mut filter = Filter::default();
                set(&mut filter);
                also_set(&mut filter);
                assert_eq!(
                    ids(&store, &filter).await,
                    expected(&events, &[*keeps, *also_keeps]),
                    "conditions {first} and {second}"
                );
            }
        }
        let mut filter = Filter::default();
        let mut keeps = Vec::new();
        for (set, keep) in conditions.iter().skip(1) {
            set(&mut filter);
            keeps.push(*keep);
        }
        assert_eq!(ids(&store, &filter).await, expected(&events, &keeps));
    });
}

#[test]
fn pages_follow_the_stream_though_many_events_share_a_millisecond() {
    on_both_databases(|store| async move {
        let events: Vec<_> = (0..30)
            .map(|n| event(&format!("event_{n:02}"), 5))
            .collect();
        append_all(&store, &events).await;
        for size in [1, 7, 30, 31] {
            let (mut seen, mut before_seq) = (Vec::new(), None);
            for _ in 0..=events.len() {
                let filter = Filter {
                    before_seq,
                    from: Some(at(5)),
                    to: Some(at(5)),
                    ..Filter::default()
                };
                let page = listed(&store, &filter, size).await;
                let Some((last, _)) = page.last() else { break };
                before_seq = Some(*last);
                seen.extend(page.into_iter().map(|(_, event)| event.id));
            }
            assert_eq!(seen, expected(&events, &[]), "pages of {size}");
        }
    });
}

#[test]
fn a_text_with_wildcards_or_quotes_matches_only_itself() {
    on_both_databases(|store| async move {
        let awkward = EventRow {
            entity: Some(AWKWARD.into()),
            ..event("event_awkward", 1)
        };
        append_all(&store, &[awkward, full()]).await;
        let of = |text: &str| Filter {
            entity: Some(text.into()),
            ..Filter::default()
        };
        assert_eq!(ids(&store, &of(AWKWARD)).await, ["event_awkward"]);
        assert_eq!(ids(&store, &of("%")).await, [""; 0]);
        assert_eq!(ids(&store, &of("' OR 1 = 1 --")).await, [""; 0]);
    });
}

#[test]
fn every_event_of_32_writers_has_a_place_of_its_own() {
    on_both_databases(|store| async move {
        let appended = race(&store, 32, |number| {
            let event = event(&format!("event_{number:02}"), 1);
            move |tx: &mut Tx<'_>| audit::append(tx, &event)
        })
        .await;
        let mut places: Vec<(i64, String)> = Vec::new();
        for (number, seq) in appended.into_iter().enumerate() {
            places.push((seq.expect("an event"), format!("event_{number:02}")));
        }
        places.sort_by(|a, b| b.cmp(a));
        let rows = listed(&store, &Filter::default(), 100).await;
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(seq, event)| (seq, event.id))
            .collect();
        assert_eq!(rows, places);
        places.dedup_by_key(|(seq, _)| *seq);
        assert_eq!(places.len(), 32);
    });
}

#[test]
fn events_of_an_entity_are_found_however_far_apart_they_are() {
    on_both_databases(|store| async move {
        let named = |number: i64, entity: &str| EventRow {
            entity: Some(entity.into()),
            ..event(&format!("event_{number:03}"), number)
        };
        // Of three: one of which there is much, one seldom met, one only at the ends.
        let subject = |number: i64| match number {
            0 | 299 => "ends",
            n if n % 100 == 50 => "seldom",
            _ => "often",
        };
        let events: Vec<_> = (0..300).map(|n| named(n, subject(n))).collect();
        append_all(&store, &events).await;
        // So many numbers apart that they fill some hundred and thirty blocks.
        let spread = "UPDATE audit_events SET seq = seq * 29989";
        change(&store, move |tx| tx.execute(spread, &[])).await;
        for entity in ["ends", "seldom", "often", "nobody"] {
            let mut filter = Filter {
                entity: Some(entity.into()),
                ..Filter::default()
            };
            let all: Vec<String> = events
                .iter()
                .rev()
                .filter(|event| event.entity.as_deref() == Some(entity))
                .map(|event| event.id.clone())
                .collect();
            let mut paged = Vec::new();
            loop {
                let page = listed(&store, &filter, 7).await;
                assert!(page.len() <= 7);
                let Some((seq, _)) = page.last() else { break };
                filter.before_seq = Some(*seq);
                paged.extend(page.into_iter().map(|(_, event)| event.id));
            }
            assert_eq!(paged, all, "{entity}");
            filter.before_seq = None;
            filter.from = Some(at(50));
            filter.to = Some(at(250));
            let within = listed(&store, &filter, 1000).await;
            let wanted = |id: &&String| (50..=250).contains(&id[6..].parse::<i64>().unwrap_or(-1));
            let wanted: Vec<&String> = all.iter().filter(wanted).collect();
            let within: Vec<&String> = within.iter().map(|(_, event)| &event.id).collect();
            assert_eq!(within, wanted, "{entity}");
        }
    });
}

#[test]
fn events_that_wait_for_the_end_of_their_transaction_keep_their_order_and_are_told() {
    on_both_databases(|store| async move {
        let mut notices = store.subscribe();
        let expected = change(&store, |tx| {
            let mut expected = Vec::new();
            for number in 0..300 {
                let id = format!("event_{number:03}");
                match number {
                    // Whatever is appended at once comes after all that waits.
                    100 | 101 => drop(audit::append(tx, &event(&id, 1))?),
                    _ => audit::append_later(tx, event(&id, 1))?,
                }
                expected.push(id);
            }
            // Who asks within the transaction sees those that wait.
            assert_eq!(audit::list(tx, &Filter::default(), 1000)?.len(), 300);
            audit::append_later(tx, event("event_last", 1))?;
            expected.push("event_last".into());
            Ok(expected)
        })
        .await;
        let rows = listed(&store, &Filter::default(), 1000).await;
        let found: Vec<String> = rows.iter().rev().map(|(_, row)| row.id.clone()).collect();
        assert_eq!(found, expected);
        // All that follow one another are told of at once, also those that did not wait.
        let (newest, oldest) = (rows[0].0, rows[300].0);
        assert_eq!(newest - oldest, 300);
        assert_eq!(notices.recv().await, Ok(Notice::Events(oldest..=newest)));
    });
}

#[test]
fn events_that_wait_are_undone_with_their_savepoint_and_not_with_another() {
    on_both_databases(|store| async move {
        let undone = |tx: &mut Tx<'_>, id: &str| {
            let refused = tx.savepoint(|tx| {
                audit::append_later(tx, event(id, 1))?;
                Err::<(), _>(StoreError::Missing)
            });
            assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
        };
        change(&store, move |tx| {
            audit::append_later(tx, event("event_1", 1))?;
            undone(tx, "event_undone");
            tx.savepoint(|tx| audit::append_later(tx, event("event_2", 1)))?;
            undone(tx, "event_undone");
            audit::append_later(tx, event("event_3", 1))
        })
        .await;
        refusal(&store, |tx| {
            audit::append_later(tx, event("event_4", 1))?;
            Err::<(), _>(StoreError::Missing)
        })
        .await;
        // The id of the first is taken, which is known at the end.
        let error = refusal(&store, |tx| audit::append_later(tx, event("event_1", 1))).await;
        assert_eq!(violated(&error), "audit_events_id");
        let expected = ["event_3", "event_2", "event_1"];
        assert_eq!(ids(&store, &Filter::default()).await, expected);
    });
}
