import static org.codelibs.opensearch.runner.OpenSearchRunner.newConfigs;

import java.io.IOException;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One node of OpenSearch, by its port and its folder. It lives until it is killed or nobody holds its standard input. */
class OpenSearchNode {
  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(args[0]);
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.setMaxHttpPort(port);
    // The runner adds a node's number, from one, to the base.
    runner.build(newConfigs().basePath(args[1]).clusterName("hydrant").numOfNode(1).baseHttpPort(port - 1));
    while (System.in.read() != -1) {}
    Runtime.getRuntime().halt(0);
  }
}
