/**
 * Functions that are written in jq, because what they do with several outputs, with errors in the middle, or in path
 * expressions follows from the language. Those that come up often have faster forms beside them.
 */
export const PRELUDE = `
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: arrays, objects;
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def nulls: select(. == null);
def values: select(. != null);
def normals: select(isnormal);
def finites: select(isfinite);
def scalars: select(type | . != "array" and . != "object");
def scalars_or_empty: select(type as $kind | ($kind != "array" and $kind != "object") or length == 0);
def recurse_down: recurse;
def recurse(f; cond): def all: ., (f | select(cond) | all); all;
def leaf_paths: paths(scalars);
def in(box): . as $key | box | has($key);
def inside(box): . as $part | box | contains($part);
def combinations:
  if length == 0 then [] else .[0][] as $head | (.[1:] | combinations) as $tail | [$head] + $tail end;
def combinations(n): . as $choices | [range(n) | $choices] | combinations;
def any(cond):any(.[]; cond);
def all(cond):all(.[]; cond);
def any(items; cond):
  [label $done | foreach items as $item (false;
    if . then break $done elif $item | cond then true else . end;
    if . then . else empty end)] | length == 1;
def all(items; cond):
  [label $done | foreach items as $item (true;
    if . | not then break $done elif $item | cond then . else false end;
    if . | not then . else empty end)] | length == 0;
def until(cond; next): def loop: if cond then . else (next | loop) end; loop;
def while(cond; next): def loop: if cond then ., (next | loop) else empty end; loop;
def walk(f):
  . as $whole
  | if type == "object" then
      reduce keys_unsorted[] as $key ({}; . + {($key): ($whole[$key] | walk(f))}) | f
    elif type == "array" then map(walk(f)) | f
    else f end;
def tostream:
  . as $whole
  | if (type | . != "array" and . != "object") or length == 0 then [[], $whole]
    else keys_unsorted as $keys
      | ($keys[] as $key | $whole[$key] | tostream | .[0] |= [$key] + .), [[$keys[-1]]]
    end;
def fromstream(events):
  foreach events as $event ({value: null, out: false};
    (if .out then {value: null, out: false} else . end)
    | if ($event | length) > 1 then
        if ($event[0] | length) == 0 then {value: $event[1], out: true}
        else .value |= setpath($event[0]; $event[1]) end
      else if ($event[0] | length) == 1 then .out = true else . end end;
    if .out then .value else empty end);
def truncate_stream(events):
  . as $depth | null | events | . as $event
  | if (.[0] | length) > $depth then setpath([0]; $event[0][$depth:]) else empty end;
def bsearch($target):
  if length == 0 then -1
  else . as $sorted
    | {low: 0, high: (length - 1), found: null}
    | until(.low > .high or .found != null;
        ((.low + .high) / 2 | floor) as $middle
        | if $sorted[$middle] == $target then .found = $middle
          elif $sorted[$middle] < $target then .low = $middle + 1
          else .high = $middle - 1 end)
    | if .found != null then .found else -1 - .low end
  end;
def INDEX(rows; key):
  reduce rows as $row ({}; .[$row | key | if type != "string" then tojson else . end] |= $row);
def INDEX(key): INDEX(.[]; key);
def JOIN($index; key): [.[] | [., $index[key]]];
def JOIN($index; rows; key): rows | [., $index[key]];
def JOIN($index; rows; key; pair): rows | [., $index[key]] | pair;
def IN(set): first(select(. == set) | true) // false;
def IN(rows; set): reduce (rows | IN(set)) as $is (false; . or $is);
`;
