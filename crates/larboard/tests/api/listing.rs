//! Lists without pages: read from the database and sent on a page at a time, whatever their length.

use crate::catalog;
use crate::harness::on_both_databases;
use larboard_core::time::Timestamp;
use larboard_store::StoreError;
use larboard_store::entities::{self, EntityRow};

const ENTITIES: usize = 20_000;

#[test]
fn a_list_of_twenty_thousand_entities_is_read_page_by_page() {
    on_both_databases(async |server| {
        let machine = server.machine();
        catalog::microservice(&machine).await;
        let now = Timestamp::from_millis(1);
        let filled = server.app.store.write(move |tx| {
            for number in 0..ENTITIES {
                let row = EntityRow {
                    blueprint: "microservice".into(),
                    identifier: format!("e{number:06}"),
                    title: None,
                    icon: None,
                    team: "[]".into(),
                    properties: "{}".into(),
                    relations: "{}".into(),
                    data_source: String::new(),
                    created_at: now,
                    created_by: "test".into(),
                    updated_at: now,
                    updated_by: "test".into(),
                };
                entities::insert(tx, &row)?;
            }
            Ok::<_, StoreError>(())
        });
        filled.await.expect("entities");
        let before = server.app.store.metrics().reads;
        let reply = machine
            .get("/v1/blueprints/microservice/entities")
            .await
            .expect(200);
        let pages = server.app.store.metrics().reads - before;
        let listed = reply["entities"].as_array().expect("a list");
        assert_eq!(listed.len(), ENTITIES);
        assert_eq!(listed[ENTITIES - 1]["identifier"], "e019999");
        // 200 to a page, and one that finds the end; a few more reads belong to whatever else the server does meanwhile.
        assert!((100..=110).contains(&pages), "{pages} reads");
    });
}
