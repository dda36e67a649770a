//! Quotas of users, client ids and addresses.

use std::collections::BTreeMap;

use ottla_wire::KafkaString;
use ottla_wire::metadata::client_quota::{ClientQuotaRecord, EntityData};

use crate::outcome::VersionedRecord;

/// Whom a quota is for: the parts `user`, `client-id` and `ip`, each with a name, or without one for everybody else.
pub type ClientQuotaEntity = BTreeMap<KafkaString, Option<KafkaString>>;

/// All quotas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientQuotasImage {
    /// The quotas by whom they are for and their keys.
    pub entities: BTreeMap<ClientQuotaEntity, BTreeMap<KafkaString, f64>>,
}

impl ClientQuotasImage {
    pub(super) fn replay(&mut self, record: &ClientQuotaRecord) {
        let part = |part: &EntityData| {
            (part.entity_type.detach(), part.entity_name.as_ref().map(KafkaString::detach))
        };
        let entity: ClientQuotaEntity = record.entity.iter().map(part).collect();
        if !record.remove {
            self.entities.entry(entity).or_default().insert(record.key.detach(), record.value);
            return;
        }
        let Some(quotas) = self.entities.get_mut(&entity) else { return };
        quotas.remove(&record.key);
        if quotas.is_empty() {
            self.entities.remove(&entity);
        }
    }

    pub(super) fn write(&self, records: &mut Vec<VersionedRecord>) {
        for (entity, quotas) in &self.entities {
            let part = |(entity_type, entity_name): (&KafkaString, &Option<KafkaString>)| EntityData {
                entity_type: entity_type.clone(),
                entity_name: entity_name.clone(),
                ..EntityData::default()
            };
            let parts: Vec<EntityData> = entity.iter().map(part).collect();
            for (key, &value) in quotas {
                let record = ClientQuotaRecord {
                    entity: parts.clone(),
                    key: key.clone(),
                    value,
                    ..ClientQuotaRecord::default()
                };
                records.push(VersionedRecord::new(record, 0));
            }
        }
    }
}
