import org.elasticmq.rest.sqs.SQSRestServerBuilder;

/** ElasticMQ on a port of this machine, until it is ended. */
public class SqsServer {
  public static void main(String[] arguments) throws Exception {
    SQSRestServerBuilder.withInterface("127.0.0.1").withPort(Integer.parseInt(arguments[0])).start().waitUntilStarted();
  }
}
