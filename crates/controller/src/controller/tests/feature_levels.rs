use ottla_wire::api::update_features::{FeatureUpdateKey, UpdateFeaturesRequest, UpdateFeaturesResponse};

use super::*;
use crate::features::{ELIGIBLE_LEADER_REPLICAS_VERSION, GROUP_VERSION, KRAFT_VERSION};
use crate::image::ConfigResource;

/// A feature, a level and the number of an upgrade type.
type Update<'a> = (&'a str, i16, i8);

fn update(cluster: &mut Cluster, updates: &[Update<'_>]) -> UpdateFeaturesResponse {
    let update = |&(feature, max_version_level, upgrade_type): &Update<'_>| FeatureUpdateKey {
        feature: feature.into(),
        max_version_level,
        upgrade_type,
        ..FeatureUpdateKey::default()
    };
    let request = UpdateFeaturesRequest {
        feature_updates: updates.iter().map(update).collect(),
        ..UpdateFeaturesRequest::default()
    };
    let outcome = cluster.controller.handle_update_features(cluster.now, &request, 1);
    cluster.apply(outcome)
}

#[test]
fn features_are_turned_on_and_off() {
    let mut cluster = Cluster::new("", &[(METADATA_VERSION, 20)]);
    let response = update(&mut cluster, &[(METADATA_VERSION, 30, 1), (GROUP_VERSION, 1, 1)]);
    assert_eq!((response.error_code, response.results.len()), (0, 2));
    assert_eq!(cluster.image().features().metadata_version(), MetadataVersion::from_level(30));
    assert_eq!(cluster.image().features().level(GROUP_VERSION), 1);
    assert_eq!(update(&mut cluster, &[(GROUP_VERSION, 0, 2)]).error_code, 0);
    assert_eq!(cluster.image().features().level(GROUP_VERSION), 0);
}

#[test]
fn what_may_not_be_changes_nothing() {
    let mut cluster = Cluster::with_brokers(1);
    let cases: [(&[Update<'_>], &str); 10] = [
        (&[(METADATA_VERSION, 29, 1)], "upgrade type"),
        (&[(METADATA_VERSION, 29, 2)], "might delete metadata"),
        (&[(METADATA_VERSION, 29, 3)], "not supported in this version"),
        (&[(METADATA_VERSION, 6, 3)], "only supports versions 7-31"),
        (&[(GROUP_VERSION, 2, 1)], "only supports versions 0-1"),
        (&[(GROUP_VERSION, -1, 3)], "less than 0"),
        (&[(GROUP_VERSION, 1, 2)], "newer version"),
        (&[(GROUP_VERSION, 1, 0)], "upgrade type"),
        (&[(GROUP_VERSION, 1, 1), ("no.such", 1, 1)], "does not support this feature"),
        (&[("no.such", 0, 2)], "called so"),
    ];
    for (updates, reason) in cases {
        let response = update(&mut cluster, updates);
        assert_code(response.error_code, ErrorCode::InvalidUpdateVersion);
        let message = response.error_message.unwrap();
        assert!(message.contains(reason), "{message}");
        assert!(cluster.last.is_empty());
    }
    assert_eq!(update(&mut cluster, &[(KRAFT_VERSION, 0, 1)]).error_code, 0);
    let response = update(&mut cluster, &[(KRAFT_VERSION, 1, 1)]);
    assert_code(response.error_code, ErrorCode::InvalidUpdateVersion);
}

#[test]
fn a_level_that_a_broker_cannot_run_is_refused() {
    let mut cluster = Cluster::new("", &[(METADATA_VERSION, 29)]);
    let mut old = registration(1, 1);
    for feature in old.features.iter_mut().filter(|feature| feature.name == METADATA_VERSION) {
        feature.max_supported_version = 29;
    }
    assert_eq!(cluster.register(&old).error_code, 0);
    let response = update(&mut cluster, &[(METADATA_VERSION, 30, 1)]);
    assert!(response.error_message.unwrap().contains("Broker 1 only supports versions 7-29"));
}

#[test]
fn turning_elr_on_settles_the_size_of_a_promise() {
    let mut cluster = Cluster::new("min.insync.replicas=2\n", &[(METADATA_VERSION, 30)]);
    cluster.start_brokers(2);
    let own = super::super::configs::record(&ConfigResource::broker(2), "min.insync.replicas", Some("1"));
    cluster.replay(&own.record);
    assert_eq!(update(&mut cluster, &[(ELIGIBLE_LEADER_REPLICAS_VERSION, 1, 1)]).error_code, 0);
    let configs = cluster.image().configs();
    assert_eq!(configs.values(&ConfigResource::broker(2)), None);
    assert_eq!(configs.texts(&ConfigResource::ALL_BROKERS)["min.insync.replicas"], "2");
    assert!(cluster.image().features().is_elr_enabled());
}
