//! The one organization, also when several replicas start on an empty database together.

use crate::samples::AWKWARD;
use crate::{at, change, look, race, refusal, violated};
use larboard_store::organization::{self, OrganizationRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{StoreError, Tx};

fn organization(id: &str) -> OrganizationRow {
    OrganizationRow {
        id: id.into(),
        name: AWKWARD.into(),
        settings: r#"{"z":1.50,"a":null}"#.into(),
        key_check: (0..=255).collect(),
        created_at: at(1),
        updated_at: at(1),
    }
}

#[test]
fn before_the_first_start_there_is_none_to_find_and_getting_it_fails() {
    on_both_databases(|store| async move {
        assert_eq!(look(&store, organization::find).await, None);
        let error = store.read(organization::get).await;
        assert!(matches!(error, Err(StoreError::Missing)), "{error:?}");
    });
}

#[test]
fn it_reads_back_as_it_was_written_and_is_made_once() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            organization::insert(tx, &organization("org_1"))
        })
        .await;
        assert_eq!(
            look(&store, organization::find).await,
            Some(organization("org_1"))
        );
        assert_eq!(look(&store, organization::get).await, organization("org_1"));
        let error = refusal(&store, |tx| {
            organization::insert(tx, &organization("org_1"))
        })
        .await;
        assert_eq!(violated(&error), "organizations_pkey");
    });
}

#[test]
fn name_settings_and_key_check_change_and_the_rest_stays() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            organization::insert(tx, &organization("org_1"))?;
            organization::update(tx, "org_1", "Harbour", r#"{"portalTitle":"x"}"#, at(7))?;
            organization::update(tx, "org_2", "Nobody", "{}", at(8))?;
            organization::set_key_check(tx, vec![0, 9])
        })
        .await;
        let expected = OrganizationRow {
            name: "Harbour".into(),
            settings: r#"{"portalTitle":"x"}"#.into(),
            key_check: vec![0, 9],
            updated_at: at(7),
            ..organization("org_1")
        };
        assert_eq!(look(&store, organization::get).await, expected);
    });
}

#[test]
fn replicas_that_start_together_agree_on_one_organization() {
    on_both_databases(|store| async move {
        let starts = race(&store, 12, |number| {
            let mine = organization(&format!("org_{number:02}"));
            move |tx: &mut Tx<'_>| {
                if let Some(there) = organization::find(tx)? {
                    return Ok(there.id);
                }
                organization::insert(tx, &mine)?;
                Ok(mine.id.clone())
            }
        })
        .await;
        let there = look(&store, organization::get).await.id;
        for start in starts {
            assert_eq!(start.expect("every start succeeds"), there);
        }
        let count = look(&store, |tx| {
            tx.query_one("SELECT COUNT(*) FROM organizations", &[])?
                .int(0)
        })
        .await;
        assert_eq!(count, 1);
    });
}
