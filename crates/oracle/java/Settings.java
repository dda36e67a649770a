import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateDelegationTokenOptions;
import org.apache.kafka.clients.admin.ExpireDelegationTokenOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.DelegationTokenNotFoundException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/** Changes to the cluster that leave metadata records of many kinds. */
final class Settings {
    private Settings() {}

    static void change(Cluster cluster, int phase) throws Exception {
        try (Admin admin = cluster.admin()) {
            configs(admin, phase);
            quotas(admin, phase);
            acls(admin, phase);
            scram(admin, phase);
            admin.createPartitions(Map.of("empty", NewPartitions.increaseTo(2 + phase))).all().get();
        }
        tokens(cluster, phase);
    }

    private static void configs(Admin admin, int phase) throws Exception {
        alter(admin, ConfigResource.Type.TOPIC, "empty", "max.message.bytes", "" + (1_000_000 + phase));
        alter(admin, ConfigResource.Type.TOPIC, "empty", "max.message.bytes", null);
        alter(admin, ConfigResource.Type.BROKER, "", "log.cleaner.threads", "1");
        alter(admin, ConfigResource.Type.BROKER, "1", "log.cleaner.io.buffer.load.factor", "0.9");
        alter(admin, ConfigResource.Type.GROUP, "classic-" + phase, "consumer.session.timeout.ms", "50000");
        alter(admin, ConfigResource.Type.CLIENT_METRICS, "metrics-" + phase, "interval.ms", "100000");
    }

    private static void alter(Admin admin, ConfigResource.Type type, String name, String key, String value) throws Exception {
        var kind = value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET;
        var operation = new AlterConfigOp(new ConfigEntry(key, value), kind);
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(type, name), List.of(operation))).all().get();
    }

    private static void quotas(Admin admin, int phase) throws Exception {
        var user = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "user-" + phase, ClientQuotaEntity.CLIENT_ID, "client"));
        var anyone = new ClientQuotaEntity(java.util.Collections.singletonMap(ClientQuotaEntity.USER, null));
        var address = new ClientQuotaEntity(Map.of(ClientQuotaEntity.IP, "10.0.0." + phase));
        admin.alterClientQuotas(List.of(
            new ClientQuotaAlteration(user, List.of(
                new ClientQuotaAlteration.Op("producer_byte_rate", 123456789.0),
                new ClientQuotaAlteration.Op("request_percentage", 2.5e-7))),
            new ClientQuotaAlteration(anyone, List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", 123456789012345.0))),
            new ClientQuotaAlteration(address, List.of(new ClientQuotaAlteration.Op("connection_creation_rate", 1e6))))).all().get();
        admin.alterClientQuotas(List.of(
            new ClientQuotaAlteration(address, List.of(new ClientQuotaAlteration.Op("connection_creation_rate", null))))).all().get();
    }

    private static void acls(Admin admin, int phase) throws Exception {
        var literal = acl(ResourceType.TOPIC, "shapes", PatternType.LITERAL, "User:reader-" + phase, AclOperation.READ);
        var prefixed = acl(ResourceType.GROUP, "group-" + phase, PatternType.PREFIXED, "User:*", AclOperation.ALL);
        var cluster = acl(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL, "User:admin", AclOperation.ALTER_CONFIGS);
        admin.createAcls(List.of(literal, prefixed, cluster)).all().get();
        admin.deleteAcls(List.of(literal.toFilter())).all().get();
    }

    private static AclBinding acl(ResourceType type, String name, PatternType pattern, String principal, AclOperation operation) {
        return new AclBinding(new ResourcePattern(type, name, pattern),
            new AccessControlEntry(principal, "*", operation, AclPermissionType.ALLOW));
    }

    private static void scram(Admin admin, int phase) throws Exception {
        // One change a user and request is all that Kafka takes.
        for (ScramMechanism mechanism : List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)) {
            var info = new ScramCredentialInfo(mechanism, 4096);
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("scram-" + phase, info, "secret"))).all().get();
        }
        var deletion = new UserScramCredentialDeletion("scram-" + phase, ScramMechanism.SCRAM_SHA_512);
        admin.alterUserScramCredentials(List.of(deletion)).all().get();
    }

    private static void tokens(Cluster cluster, int phase) throws Exception {
        try (Admin admin = cluster.saslAdmin("scram-" + phase, "secret")) {
            var renewers = List.of(new KafkaPrincipal("User", "renewer"));
            var kept = admin.createDelegationToken(new CreateDelegationTokenOptions().renewers(renewers)).delegationToken().get();
            whenKnown(() -> admin.renewDelegationToken(kept.hmac()).expiryTimestamp());
            var gone = admin.createDelegationToken().delegationToken().get();
            var atOnce = new ExpireDelegationTokenOptions().expiryTimePeriodMs(-1);
            whenKnown(() -> admin.expireDelegationToken(gone.hmac(), atOnce).expiryTimestamp());
        }
    }

    /** A token is granted before every part of the node has heard of it. */
    private static void whenKnown(Supplier<KafkaFuture<Long>> change) throws Exception {
        for (int attempt = 0; ; attempt++) {
            try {
                change.get().get();
                return;
            } catch (ExecutionException e) {
                if (attempt == 50 || !(e.getCause() instanceof DelegationTokenNotFoundException)) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }
}
