//! The admin client of a tool.

use ottla_client::{Admin, ClientError};

use super::properties::{ClientProperties, load_properties};
use super::tool::Stop;

const BOOTSTRAP_SERVERS: &str = "bootstrap.servers";
const BOOTSTRAP_CONTROLLERS: &str = "bootstrap.controllers";

/// An admin client from a file of settings, if there is one, and the servers to ask, if they are named.
pub(crate) fn admin_client(
    config_file: Option<&str>,
    bootstrap_servers: Option<&str>,
) -> Result<Admin, Stop> {
    admin_client_with(config_file.map(load_properties).transpose()?.unwrap_or_default(), bootstrap_servers)
}

/// An admin client from settings, and the servers to ask, if they are named.
pub(crate) fn admin_client_with(
    mut properties: ClientProperties,
    bootstrap_servers: Option<&str>,
) -> Result<Admin, Stop> {
    if let Some(servers) = bootstrap_servers {
        properties.insert(BOOTSTRAP_SERVERS.to_owned(), servers.to_owned());
    }
    Admin::from_properties(&properties).map_err(|error| Stop::Failed(error.into()))
}

/// An admin client for brokers or for controllers, as tools have it that take `--bootstrap-server` or `--bootstrap-controller`.
pub(crate) fn admin_client_of_either(
    config_file: Option<&str>,
    servers: Option<&str>,
    controllers: Option<&str>,
) -> Result<Admin, Stop> {
    let mut properties = config_file.map(load_properties).transpose()?.unwrap_or_default();
    let (used, other, addresses) = match (servers, controllers) {
        (Some(_), Some(_)) => {
            return Err(Stop::Said(
                "You cannot specify both --bootstrap-controller and --bootstrap-server.".to_owned(),
            ));
        }
        (Some(servers), None) => (BOOTSTRAP_SERVERS, BOOTSTRAP_CONTROLLERS, servers),
        (None, Some(controllers)) => (BOOTSTRAP_CONTROLLERS, BOOTSTRAP_SERVERS, controllers),
        (None, None) => {
            return Err(Stop::Said(
                "You must specify either --bootstrap-controller or --bootstrap-server.".to_owned(),
            ));
        }
    };
    properties.remove(other);
    properties.insert(used.to_owned(), addresses.to_owned());
    Admin::from_properties(&properties).map_err(|error| Stop::Failed(error.into()))
}

/// What Kafka's tools show of an error: the node's words, or those that stand for its code.
pub(crate) fn message_of(error: &ClientError) -> String {
    match error {
        ClientError::Api(error) => error.text().to_owned(),
        other => other.to_string(),
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        Self::Said(message_of(&error))
    }
}
