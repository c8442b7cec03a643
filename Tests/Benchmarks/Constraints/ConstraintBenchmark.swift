// What a token mask costs on a real vocabulary: processor time of each step while a given text is written.
import Foundation
import HostConstraints
import HostCore
import HostTokenizers

@main
struct ConstraintBenchmark {
    static let person = #"""
        {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "maximum": 150},
         "tags": {"type": "array", "items": {"type": "string"}}, "street": {"type": "string", "maxLength": 40}},
         "required": ["name", "age", "tags", "street"], "additionalProperties": false}
        """#

    static let contact = #"""
        {"type": "object", "properties": {"email": {"type": "string", "format": "email",
         "pattern": "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"},
         "id": {"type": "string", "format": "uuid", "pattern":
         "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000)$"},
         "slug": {"type": "string", "pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$", "maxLength": 64},
         "score": {"type": "number", "minimum": 0.5, "maximum": 1, "multipleOf": 0.01}},
         "required": ["email", "id", "slug", "score"], "additionalProperties": false}
        """#

    static let cases: [(name: String, constraint: @Sendable () throws -> OutputConstraint, text: String)] = [
        (
            "any object", { .jsonObject },
            #"{"name": "Alice Smith", "tags": ["one two three", "zwölf 日本語"], "deep": {"list": [1, 2.5, -3e10, true]}}"#
        ),
        (
            "schema", { .jsonSchema(try JSONValue(parsing: person)) },
            #"{"name": "Alice Smith", "age": 42, "tags": ["one two three"], "street": "12 Long Road, Somewhere"}"#
        ),
        (
            "counted string", { .jsonSchema(["type": "object", "properties": ["bio": ["type": "string", "maxLength": 280]]]) },
            #"{"bio": "She was born in a small town by the sea, studied botany in Uppsala and Kraków, and has kept bees ever since; her garden is open to visitors on the first Sunday of each month."}"#
        ),
        (
            "zod", { .jsonSchema(try JSONValue(parsing: contact)) },
            #"{"email": "ada.lovelace@math.org", "id": "123e4567-e89b-42d3-a456-426614174000", "slug": "a-nice-day", "score": 0.75}"#
        ),
        ("grammar", { .grammar("root ::= (\"- \" [^\\n]+ \"\\n\")+") }, "- one thing\n- another thing, and more\n"),
        ("regex", { .regex(#"\d{3}-\d{4} (yes|no|maybe)[.!]*"#) }, "555-1234 maybe!!"),
    ]

    static func main() throws {
        let path = CommandLine.arguments[1]
        let tokenizer = try TokenizerFile.open(bytes: Array(Data(contentsOf: URL(filePath: path))), name: path)
        let size = tokenizer.vocabularySize
        let cache = ConstraintCache(tokenizer: tokenizer, vocabularySize: size, endOfText: [0])
        print("tree of \(size) tokens: \(try milliseconds { _ = try cache.matcher(for: .regex("")) }) ms")
        for test in cases {
            let constraint = try test.constraint()
            let compiling = try milliseconds { _ = try cache.matcher(for: constraint) }
            let tokens = tokenizer.encode(test.text, parsesSpecialTokens: false)
            for pass in ["cold", "warm"] {
                var matcher = try cache.matcher(for: constraint)
                var times: [Double] = []
                for token in tokens {
                    var logits = [Float](repeating: 0, count: size)
                    times.append(
                        try milliseconds {
                            try matcher.mask(&logits)
                            matcher.advance(by: token)
                        })
                    precondition(logits[token] == 0, "the text does not have the form")
                }
                let mean = times.reduce(0, +) / Double(times.count)
                let compiled = pass == "cold" ? ", compiled in \(compiling) ms" : ""
                print("\(test.name), \(pass): mean \(mean) ms, most \(times.max() ?? 0) ms, \(times.count) steps\(compiled)")
            }
        }
    }

    /// Time of this thread alone, so that a busy machine changes little.
    static func milliseconds(_ work: () throws -> Void) rethrows -> Double {
        let start = threadTime()
        try work()
        return ((threadTime() - start) * 1e3).rounded() / 1e3
    }

    private static func threadTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
}
