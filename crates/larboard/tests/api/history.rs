//! The past of an entity's values, hour by hour.

use crate::harness::on_both_databases;
use serde_json::{Value, json};

#[test]
fn a_calculation_had_the_values_that_followed_from_what_was_written_then() {
    on_both_databases(|server| async move {
        let client = server.machine();
        let double =
            json!({"title": "Double", "calculation": ".properties.cost * 2", "type": "number"});
        let blueprint = json!({"identifier": "server", "title": "Server",
            "schema": {"properties": {"cost": {"type": "number"}}}, "calculationProperties": {"double": double}});
        client.post("/v1/blueprints", &blueprint).await.expect(201);
        let one = json!({"identifier": "one", "properties": {"cost": 2}});
        let entities = "/v1/blueprints/server/entities";
        client.post(entities, &one).await.expect(201);
        server.clock.advance(3600);
        let path = "/v1/blueprints/server/entities/one";
        let changed = json!({"properties": {"cost": 3}});
        client.patch(path, &changed).await.expect(200);
        server.clock.advance(3600);
        client.delete(path).await.expect(200);
        server.clock.advance(3600);
        client.post(entities, &one).await.expect(201);
        let asked = json!({"entityIdentifier": "one", "blueprintIdentifier": "server", "propertyNames": ["double"],
            "timeInterval": "hour", "timeRange": {"preset": "today", "timeZone": "UTC"}});
        let path = "/v1/entities/properties-history";
        let told = client.post(path, &asked).await.expect(200);
        let hours = told["result"]["data"].as_array().expect("a list");
        // It was made at ten o'clock.
        assert_eq!(hours[..10], [const { Value::Null }; 10]);
        assert_eq!(hours[10..14], [json!(4), json!(6), Value::Null, json!(4)]);
    });
}
