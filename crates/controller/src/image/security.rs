//! ACLs, SCRAM credentials and delegation tokens, kept as their records have them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_wire::metadata::access_control_entry::AccessControlEntryRecord;
use ottla_wire::metadata::delegation_token::DelegationTokenRecord;
use ottla_wire::metadata::remove_access_control_entry::RemoveAccessControlEntryRecord;
use ottla_wire::metadata::remove_delegation_token::RemoveDelegationTokenRecord;
use ottla_wire::metadata::remove_user_scram_credential::RemoveUserScramCredentialRecord;
use ottla_wire::metadata::user_scram_credential::UserScramCredentialRecord;
use ottla_wire::{KafkaString, Uuid};

use super::error::ReplayError;
use crate::features::MetadataVersion;
use crate::outcome::VersionedRecord;

/// All ACLs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AclsImage {
    /// The ACLs by their ids.
    pub entries: BTreeMap<Uuid, Arc<AccessControlEntryRecord>>,
}

impl AclsImage {
    pub(super) fn replay(&mut self, record: &AccessControlEntryRecord) {
        let entry = AccessControlEntryRecord {
            resource_name: record.resource_name.detach(),
            principal: record.principal.detach(),
            host: record.host.detach(),
            unknown_tagged_fields: Default::default(),
            ..record.clone()
        };
        self.entries.insert(entry.id, Arc::new(entry));
    }

    pub(super) fn replay_remove(
        &mut self,
        record: &RemoveAccessControlEntryRecord,
    ) -> Result<(), ReplayError> {
        self.entries.remove(&record.id).map(drop).ok_or(ReplayError::UnknownAcl(record.id))
    }

    pub(super) fn write(&self, records: &mut Vec<VersionedRecord>) {
        records.extend(self.entries.values().map(|entry| VersionedRecord::new((**entry).clone(), 0)));
    }
}

/// All SCRAM credentials.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScramImage {
    /// The credentials by their mechanisms' numbers and their users.
    pub credentials: BTreeMap<(i8, KafkaString), Arc<UserScramCredentialRecord>>,
}

impl ScramImage {
    pub(super) fn replay(&mut self, record: &UserScramCredentialRecord) {
        let credential = UserScramCredentialRecord {
            name: record.name.detach(),
            salt: bytes::Bytes::copy_from_slice(&record.salt),
            stored_key: bytes::Bytes::copy_from_slice(&record.stored_key),
            server_key: bytes::Bytes::copy_from_slice(&record.server_key),
            unknown_tagged_fields: Default::default(),
            ..record.clone()
        };
        self.credentials.insert((credential.mechanism, credential.name.clone()), Arc::new(credential));
    }

    pub(super) fn replay_remove(&mut self, record: &RemoveUserScramCredentialRecord) {
        self.credentials.remove(&(record.mechanism, record.name.clone()));
    }

    pub(super) fn write(&self, version: MetadataVersion, records: &mut Vec<VersionedRecord>) {
        if version.has_scram() {
            let record =
                |credential: &Arc<UserScramCredentialRecord>| VersionedRecord::new((**credential).clone(), 0);
            records.extend(self.credentials.values().map(record));
        }
    }
}

/// All delegation tokens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DelegationTokenImage {
    /// The tokens by their ids.
    pub tokens: BTreeMap<KafkaString, Arc<DelegationTokenRecord>>,
}

impl DelegationTokenImage {
    pub(super) fn replay(&mut self, record: &DelegationTokenRecord) {
        let token = DelegationTokenRecord {
            owner: record.owner.detach(),
            requester: record.requester.detach(),
            renewers: record.renewers.iter().map(KafkaString::detach).collect(),
            token_id: record.token_id.detach(),
            unknown_tagged_fields: Default::default(),
            ..record.clone()
        };
        self.tokens.insert(token.token_id.clone(), Arc::new(token));
    }

    pub(super) fn replay_remove(&mut self, record: &RemoveDelegationTokenRecord) {
        self.tokens.remove(&record.token_id);
    }

    pub(super) fn write(&self, version: MetadataVersion, records: &mut Vec<VersionedRecord>) {
        if version.has_delegation_tokens() {
            let record = |token: &Arc<DelegationTokenRecord>| VersionedRecord::new((**token).clone(), 0);
            records.extend(self.tokens.values().map(record));
        }
    }
}
