//! Log lines: dense numbers however many write at once, none after the end, and pages by number.

use crate::samples::{AWKWARD, run, with_runs};
use crate::{at, change, look, race, refusal, violated};
use larboard_core::run::{Run, Status};
use larboard_store::run_logs::{self, RunLogRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{Result, Store, StoreError, Tx, runs};

fn line(seq: i64, message: &str) -> RunLogRow {
    RunLogRow {
        seq,
        id: format!("log_{seq}"),
        message: message.into(),
        created_at: at(50 + seq),
        created_by: "app_1".into(),
    }
}

/// Appends a line as the product does: number and line in one transaction. `None` if the run has ended.
fn append(tx: &mut Tx<'_>, run_id: &str, message: &str) -> Result<Option<i64>> {
    let Some(seq) = runs::claim_log_seq(tx, run_id)? else {
        return Ok(None);
    };
    run_logs::insert(tx, run_id, &line(seq, message))?;
    Ok(Some(seq))
}

async fn lines(store: &Store, run_id: &'static str, after: i64, limit: i64) -> Vec<RunLogRow> {
    look(store, move |tx| {
        run_logs::list_after(tx, run_id, after, limit)
    })
    .await
}

async fn log_count(store: &Store, run_id: &'static str) -> i64 {
    let run = look(store, move |tx| runs::find(tx, run_id)).await;
    run.expect("the run").log_count
}

#[test]
fn lines_read_back_as_they_were_written_whatever_the_text() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        let long = "x".repeat(1 << 20);
        let texts = [String::new(), AWKWARD.to_owned(), long];
        for (at, text) in texts.iter().enumerate() {
            let text = text.clone();
            let seq = change(&store, move |tx| append(tx, "r_1", &text)).await;
            assert_eq!(seq, Some(at as i64 + 1));
        }
        let expected: Vec<_> = (1..).zip(&texts).map(|(n, text)| line(n, text)).collect();
        assert_eq!(lines(&store, "r_1", 0, 10).await, expected);
    });
}

#[test]
fn a_text_that_one_database_could_not_keep_is_refused_by_both_and_takes_no_number() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        let error = refusal(&store, |tx| append(tx, "r_1", "a\0b")).await;
        assert!(matches!(error, StoreError::Data(_)), "{error:?}");
        assert_eq!(log_count(&store, "r_1").await, 0);
    });
}

#[test]
fn a_number_is_taken_once_and_belongs_to_a_run_that_is_there() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1), run("r_2", 1)]).await;
        change(&store, |tx| run_logs::insert(tx, "r_1", &line(1, "a"))).await;
        change(&store, |tx| run_logs::insert(tx, "r_2", &line(1, "b"))).await;
        let error = refusal(&store, |tx| run_logs::insert(tx, "r_1", &line(1, "c"))).await;
        assert_eq!(violated(&error), "run_logs_pkey");
        let error = refusal(&store, |tx| run_logs::insert(tx, "r_3", &line(1, "d"))).await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        assert_eq!(lines(&store, "r_1", 0, 10).await, [line(1, "a")]);
        assert_eq!(lines(&store, "r_2", 0, 10).await, [line(1, "b")]);
    });
}

#[test]
fn pages_begin_after_a_number_and_stop_at_their_limit() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        change(&store, |tx| {
            (0..12).try_for_each(|_| append(tx, "r_1", "x").map(drop))
        })
        .await;
        let numbers = |page: Vec<RunLogRow>| page.into_iter().map(|l| l.seq).collect::<Vec<_>>();
        assert_eq!(numbers(lines(&store, "r_1", 0, 3).await), [1, 2, 3]);
        assert_eq!(numbers(lines(&store, "r_1", 3, 3).await), [4, 5, 6]);
        assert_eq!(numbers(lines(&store, "r_1", 9, 9).await), [10, 11, 12]);
        assert_eq!(lines(&store, "r_1", 12, 3).await, []);
        assert_eq!(lines(&store, "r_1", 0, 0).await, []);
        assert_eq!(lines(&store, "r_2", 0, 3).await, []);
    });
}

#[test]
fn numbers_are_dense_when_32_writers_append_at_the_same_moment() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        for _ in 0..4 {
            let appended = race(&store, 32, |number| {
                move |tx: &mut Tx<'_>| append(tx, "r_1", &format!("writer {number}"))
            })
            .await;
            let all = appended
                .iter()
                .all(|seq| matches!(seq, Ok(Some(seq)) if *seq > 0));
            assert!(all, "{appended:?}");
        }
        let seqs: Vec<i64> = lines(&store, "r_1", 0, 200)
            .await
            .iter()
            .map(|line| line.seq)
            .collect();
        assert_eq!(seqs, (1..=128).collect::<Vec<i64>>());
        assert_eq!(log_count(&store, "r_1").await, 128);
    });
}

#[test]
fn a_writer_that_fails_leaves_no_gap() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        let appended = race(&store, 24, |number| {
            move |tx: &mut Tx<'_>| {
                let seq = append(tx, "r_1", "x")?;
                if number % 3 == 0 {
                    return Err(StoreError::Data("given up".into()));
                }
                Ok(seq)
            }
        })
        .await;
        assert_eq!(appended.iter().filter(|end| end.is_ok()).count(), 16);
        let seqs: Vec<i64> = lines(&store, "r_1", 0, 99)
            .await
            .iter()
            .map(|line| line.seq)
            .collect();
        assert_eq!(seqs, (1..=16).collect::<Vec<i64>>());
    });
}

#[test]
fn no_line_comes_after_the_end_of_a_run_that_ends_while_others_write() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        let ended = race(&store, 32, |number| {
            let ended = Run {
                status: Status::Success,
                ended_at: Some(at(99)),
                ..run("r_1", 1)
            };
            move |tx: &mut Tx<'_>| {
                if number == 16 {
                    assert!(runs::update_open(tx, &ended)?);
                    return Ok(None);
                }
                append(tx, "r_1", "x")
            }
        })
        .await;
        let mut seqs: Vec<i64> = ended
            .into_iter()
            .filter_map(|end| end.expect("coming too late is no failure"))
            .collect();
        seqs.sort_unstable();
        let stored: Vec<i64> = lines(&store, "r_1", 0, 99)
            .await
            .iter()
            .map(|line| line.seq)
            .collect();
        assert_eq!(stored, seqs, "what was acknowledged, and nothing else");
        assert_eq!(
            stored,
            (1..=log_count(&store, "r_1").await).collect::<Vec<i64>>()
        );
        assert_eq!(change(&store, |tx| append(tx, "r_1", "late")).await, None);
    });
}
