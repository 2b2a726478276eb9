import java.io.*;
import java.util.zip.ZipInputStream;
import org.apache.hadoop.io.compress.*;
import org.apache.hadoop.io.compress.snappy.*;
import org.xerial.snappy.*;

/** Copies standard input to standard output through one of Java's, snappy-java's or Hadoop's streams. */
class CodecStreams {
  /** Hadoop's default for io.compression.codec.snappy.buffersize, and the part its SnappyCodec keeps free in it. */
  private static final int BUFFER = 256 * 1024;
  private static final int OVERHEAD = BUFFER / 6 + 32;

  public static void main(String[] args) throws IOException {
    InputStream in = System.in;
    OutputStream out = System.out;
    switch (args[0]) {
      case "read-zip" -> in = firstEntry(in);
      case "read-snappy-java" -> in = new SnappyInputStream(in);
      case "write-snappy-java" -> out = new SnappyOutputStream(out);
      case "read-hadoop" -> in = new BlockDecompressorStream(in, new SnappyDecompressor(BUFFER), BUFFER);
      case "write-hadoop" -> out = new BlockCompressorStream(out, new SnappyCompressor(BUFFER), BUFFER, OVERHEAD);
      case "write-snappy-java-for-hadoop" -> out = new SnappyHadoopCompatibleOutputStream(out);
      default -> throw new IllegalArgumentException(args[0]);
    }
    in.transferTo(out);
    out.close();
  }

  private static InputStream firstEntry(InputStream in) throws IOException {
    ZipInputStream zip = new ZipInputStream(in);
    zip.getNextEntry();
    return zip;
  }
}
