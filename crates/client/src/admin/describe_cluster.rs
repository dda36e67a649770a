//! DescribeCluster (KIP-700), or Metadata where nodes lack it.

use ottla_wire::api::describe_cluster::{DescribeClusterRequest, DescribeClusterResponse};
use ottla_wire::api::metadata::MetadataRequest;
use ottla_wire::{ErrorCode, Versions};

use super::Admin;
use crate::client::{CallOptions, Target, is_unsupported};
use crate::config::{Address, Bootstrap};
use crate::error::{ApiError, ClientError};

/// How the cluster is described.
#[derive(Debug, Clone, Copy, Default)]
pub struct DescribeClusterOptions {
    /// Whether to ask what the caller may do with the cluster.
    pub include_authorized_operations: bool,
    /// Whether to tell of brokers that are registered but take no part (KIP-1073).
    pub include_fenced_brokers: bool,
}

/// The cluster as nodes describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDescription {
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// The node that takes requests to the controller, if there is one.
    pub controller: Option<i32>,
    /// The brokers, or the controllers if the client was pointed at those, by id.
    pub nodes: Vec<ClusterNode>,
    /// Bits of what the caller may do with the cluster, if that was asked for.
    pub authorized_operations: Option<i32>,
}

/// A node of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNode {
    /// Its id.
    pub id: i32,
    /// Where it listens.
    pub address: Address,
    /// Its rack, if it has one.
    pub rack: Option<String>,
    /// Whether it is registered but takes no part.
    pub is_fenced: bool,
}

impl Admin {
    /// Describes the cluster.
    ///
    /// # Errors
    ///
    /// The request failed, or old nodes cannot tell of fenced brokers.
    pub async fn describe_cluster(
        &self,
        options: DescribeClusterOptions,
    ) -> Result<ClusterDescription, ClientError> {
        let is_controllers = matches!(self.client.config().bootstrap, Bootstrap::Controllers(_));
        let first = if options.include_fenced_brokers { 2 } else { i16::from(is_controllers) };
        let request = DescribeClusterRequest {
            include_cluster_authorized_operations: options.include_authorized_operations,
            endpoint_type: if is_controllers { 2 } else { 1 },
            include_fenced_brokers: options.include_fenced_brokers,
            ..DescribeClusterRequest::default()
        };
        let call = CallOptions { versions: Versions::new(first, i16::MAX), ..self.options() };
        let check = |response: &DescribeClusterResponse| ErrorCode::from(response.error_code);
        let response = self.client.call(&Target::Any, call, |_| request.clone(), check).await;
        match response {
            Ok(response) => described(response),
            Err(error) if is_unsupported(&error) && first == 0 => self.cluster_by_metadata(options).await,
            Err(error) => Err(error),
        }
    }

    async fn cluster_by_metadata(
        &self,
        options: DescribeClusterOptions,
    ) -> Result<ClusterDescription, ClientError> {
        let request = MetadataRequest {
            topics: Some(Vec::new()),
            allow_auto_topic_creation: false,
            include_cluster_authorized_operations: options.include_authorized_operations,
            ..MetadataRequest::default()
        };
        // Versions 8 to 10 can tell of operations.
        let versions = match options.include_authorized_operations {
            true => Versions::new(8, 10),
            false => Versions::new(4, i16::MAX),
        };
        let call = CallOptions { versions, ..self.options() };
        let response = self.client.call(&Target::Any, call, |_| request.clone(), |_| ErrorCode::None).await?;
        let nodes = response.brokers.iter().map(|broker| ClusterNode {
            id: broker.node_id,
            address: Address::new(broker.host.as_str(), u16::try_from(broker.port).unwrap_or(0)),
            rack: broker.rack.as_ref().map(|rack| rack.as_str().to_owned()),
            is_fenced: false,
        });
        Ok(ClusterDescription {
            cluster_id: response.cluster_id.as_ref().map(|id| id.as_str().to_owned()),
            controller: Some(response.controller_id).filter(|id| *id >= 0),
            nodes: nodes.collect(),
            authorized_operations: operations(response.cluster_authorized_operations),
        })
    }
}

fn operations(bits: i32) -> Option<i32> {
    Some(bits).filter(|bits| *bits != i32::MIN)
}

fn described(response: DescribeClusterResponse) -> Result<ClusterDescription, ClientError> {
    ApiError::check(response.error_code, response.error_message.as_ref())?;
    let mut nodes: Vec<_> = response
        .brokers
        .iter()
        .map(|broker| ClusterNode {
            id: broker.broker_id,
            address: Address::new(broker.host.as_str(), u16::try_from(broker.port).unwrap_or(0)),
            rack: broker.rack.as_ref().map(|rack| rack.as_str().to_owned()),
            is_fenced: broker.is_fenced,
        })
        .collect();
    nodes.sort_by_key(|node| node.id);
    Ok(ClusterDescription {
        cluster_id: Some(response.cluster_id.as_str().to_owned()),
        controller: Some(response.controller_id).filter(|id| *id >= 0),
        nodes,
        authorized_operations: operations(response.cluster_authorized_operations),
    })
}
