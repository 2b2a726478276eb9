import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One broker of Kafka that is its own controller, by the path of its properties, with Kafka's own clients beside it. Each
 * line of its standard input is a command, and each gets a line: `ok`, or what went wrong. It lives until it is killed
 * or nobody holds its standard input.
 */
class KafkaNode {
  private static final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
  private static String address;

  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    try (var file = new java.io.FileInputStream(args[0])) {
      properties.load(file);
    }
    address = properties.getProperty("listeners").split(",")[0].split("//")[1];
    if (!new File(properties.getProperty("log.dirs"), "meta.properties").exists()) format(args[0]);
    PrintStream answers = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
    Thread broker = new Thread(() -> kafka.Kafka.main(new String[] {args[0]}));
    broker.setDaemon(true);
    broker.start();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      admin.describeCluster().nodes().get();
      answers.println("ok");
      var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.println(answer(admin, line.split(" ", 5)));
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static void format(String file) {
    String[] args = {
      "format", "-t", "Hydrant0Kafka0Cluster00", "-c", file,
      "--add-scram", "SCRAM-SHA-256=[name=bob,password=secret]",
      "--add-scram", "SCRAM-SHA-512=[name=bob,password=secret]",
    };
    kafka.tools.StorageTool.execute(args, new PrintStream(OutputStream.nullOutputStream()));
  }

  private static String answer(Admin admin, String[] words) throws InterruptedException {
    try {
      switch (words[0]) {
        case "create" ->
            admin.createTopics(List.of(new NewTopic(words[1], Integer.parseInt(words[2]), (short) 1))).all().get();
        case "grow" ->
            admin.createPartitions(Map.of(words[1], NewPartitions.increaseTo(Integer.parseInt(words[2])))).all().get();
        case "delete" -> admin.deleteTopics(List.of(words[1])).all().get();
        case "forget" -> {
          var partition = new TopicPartition(words[1], Integer.parseInt(words[2]));
          admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(Long.parseLong(words[3])))).all().get();
        }
        // send <topic> <partition> <codec> <text>; a text of ~ is a tombstone.
        case "send" -> producer(words[3]).send(new ProducerRecord<>(words[1], Integer.parseInt(words[2]), null, bytes(words[4])));
        case "flush" -> producers.values().forEach(KafkaProducer::flush);
        // fill <topic> <partitions> <codec> <count>x<bytes>
        case "fill" -> fill(words[1], Integer.parseInt(words[2]), words[3], words[4].split("x"));
        case "aborted" -> aborted(words[1], Integer.parseInt(words[2]), words[3]);
        default -> throw new IllegalArgumentException("There is no command " + words[0]);
      }
      return "ok";
    } catch (ExecutionException | RuntimeException error) {
      return String.valueOf(error.getMessage()).replace('\n', ' ');
    }
  }

  private static byte[] bytes(String text) {
    return text.equals("~") ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  private static void fill(String topic, int partitions, String codec, String[] size) {
    byte[] value = "x".repeat(Integer.parseInt(size[1]) - 1).concat("\n").getBytes(StandardCharsets.UTF_8);
    int count = Integer.parseInt(size[0]);
    for (int i = 0; i < count; i++) producer(codec).send(new ProducerRecord<>(topic, i % partitions, null, value));
    producer(codec).flush();
  }

  private static void aborted(String topic, int partition, String text) {
    Properties properties = properties("none");
    properties.put("transactional.id", "t");
    try (var producer = new KafkaProducer<byte[], byte[]>(properties)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, partition, null, bytes(text)));
      producer.flush();
      producer.abortTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, partition, null, bytes("committed after " + text)));
      producer.commitTransaction();
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(String codec) {
    return producers.computeIfAbsent(codec, (name) -> new KafkaProducer<>(properties(name)));
  }

  private static Properties properties(String codec) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", address);
    properties.put("compression.type", codec);
    properties.put("linger.ms", "10");
    properties.put("batch.size", "131072");
    properties.put("key.serializer", ByteArraySerializer.class.getName());
    properties.put("value.serializer", ByteArraySerializer.class.getName());
    return properties;
  }
}
