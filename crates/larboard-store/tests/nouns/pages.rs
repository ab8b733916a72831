//! Pages and folders of the sidebar: what is kept of them, their order, renaming and deleting.

use crate::samples::AWKWARD;
use crate::{at, change, look, refusal, violated};
use larboard_store::pages::{self, PageRow};
use larboard_store::sidebar_folders::{self, FolderRow};
use larboard_store::testing::on_both_databases;

pub(crate) fn page(identifier: &str, created: i64) -> PageRow {
    PageRow {
        identifier: identifier.into(),
        kind: "dashboard".into(),
        blueprint: None,
        doc: r#"{"z":1.50,"a":null}"#.into(),
        permissions: None,
        created_at: at(created),
        created_by: "user_1".into(),
        updated_at: at(created),
        updated_by: "user_1".into(),
    }
}

pub(crate) fn folder(identifier: &str, created: i64) -> FolderRow {
    FolderRow {
        identifier: identifier.into(),
        title: AWKWARD.into(),
        parent: None,
        after: None,
        created_at: at(created),
        created_by: "user_1".into(),
        updated_at: at(created),
        updated_by: "user_1".into(),
    }
}

#[test]
fn pages_read_back_as_they_were_written_and_are_listed_oldest_first() {
    on_both_databases(|store| async move {
        let full = PageRow {
            blueprint: Some("service".into()),
            permissions: Some(r#"{"read":{}}"#.into()),
            ..page("b", 5)
        };
        let rows = [full.clone(), page("a", 5), page("c", 4)];
        change(&store, move |tx| {
            rows.iter().try_for_each(|row| pages::insert(tx, row))
        })
        .await;
        assert_eq!(
            look(&store, |tx| pages::find(tx, "b")).await,
            Some(full.clone())
        );
        assert_eq!(look(&store, |tx| pages::find(tx, "B")).await, None);
        let listed = look(&store, pages::list).await;
        let names: Vec<&str> = listed.iter().map(|row| row.identifier.as_str()).collect();
        assert_eq!(names, ["c", "a", "b"]);
        let of_service = look(&store, |tx| pages::list_of_blueprint(tx, "service")).await;
        assert_eq!(of_service, [full]);
        let error = refusal(&store, |tx| pages::insert(tx, &page("a", 9))).await;
        assert_eq!(violated(&error), "pages_pkey");
    });
}

#[test]
fn a_page_is_renamed_by_an_update_and_deleted_once() {
    on_both_databases(|store| async move {
        change(&store, |tx| pages::insert(tx, &page("a", 1))).await;
        let renamed = PageRow {
            updated_at: at(9),
            updated_by: "app_1".into(),
            permissions: Some("{}".into()),
            ..page("b", 1)
        };
        let row = renamed.clone();
        assert!(change(&store, move |tx| pages::update(tx, "a", &row)).await);
        assert_eq!(
            look(&store, |tx| pages::find(tx, "b")).await,
            Some(renamed.clone())
        );
        assert!(!change(&store, move |tx| pages::update(tx, "a", &renamed)).await);
        assert!(change(&store, |tx| pages::delete(tx, "b")).await);
        assert!(!change(&store, |tx| pages::delete(tx, "b")).await);
    });
}

#[test]
fn folders_read_back_are_listed_oldest_first_renamed_and_deleted_once() {
    on_both_databases(|store| async move {
        let full = FolderRow {
            parent: Some("z".into()),
            after: Some("y".into()),
            ..folder("b", 5)
        };
        let rows = [full.clone(), folder("a", 5), folder("c", 4)];
        change(&store, move |tx| {
            rows.iter()
                .try_for_each(|row| sidebar_folders::insert(tx, row))
        })
        .await;
        let listed = look(&store, sidebar_folders::list).await;
        assert_eq!(listed, [folder("c", 4), folder("a", 5), full]);
        let error = refusal(&store, |tx| sidebar_folders::insert(tx, &folder("a", 9))).await;
        assert_eq!(violated(&error), "sidebar_folders_pkey");
        let renamed = folder("d", 4);
        let row = renamed.clone();
        assert!(change(&store, move |tx| sidebar_folders::update(tx, "c", &row)).await);
        assert!(!change(&store, move |tx| sidebar_folders::update(tx, "c", &renamed)).await);
        assert!(change(&store, |tx| sidebar_folders::delete(tx, "d")).await);
        assert!(!change(&store, |tx| sidebar_folders::delete(tx, "d")).await);
    });
}
