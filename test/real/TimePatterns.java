import java.io.*;
import java.nio.charset.StandardCharsets;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Reads lines `epoch seconds TAB zone TAB pattern`, answers each with what DateTimeFormatter prints: `=text`,
 * `!` when it refuses the pattern, `?` when it fails on printing.
 */
class TimePatterns {
  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, StandardCharsets.UTF_8);
    for (String line; (line = in.readLine()) != null; ) {
      String[] parts = line.split("\t", 3);
      ZonedDateTime time = Instant.ofEpochSecond(Long.parseLong(parts[0])).atZone(ZoneId.of(parts[1]));
      try {
        out.println("=" + DateTimeFormatter.ofPattern(parts[2], Locale.US).format(time));
      } catch (IllegalArgumentException refused) {
        out.println("!");
      } catch (RuntimeException failed) {
        out.println("?");
      }
    }
    out.flush();
  }
}
