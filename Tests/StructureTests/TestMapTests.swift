import Foundation
import Support
import Testing

/// Every source file that has something to run is exercised by a test, and a reader can find which.
///
/// A file `Y.swift` has a twin `YTests.swift`, or a test uses a name that it declares, or `Tests/README.md` names it, or its
/// folder, with the tests that reach it.
@Suite("Which tests exercise which sources")
struct TestMapTests {
    /// A row of the table: a file or a folder of `Sources`, and the tests that reach it.
    private struct Row {
        let place: String
        let tests: [String]

        func covers(_ path: String) -> Bool { place.hasSuffix("/") ? path.hasPrefix(place) : path == place }
    }

    private static let keywords: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias", "func", "var", "let", "case"]
    /// A name that more files declare does not say which of them a test means.
    private static let maximumHomes = 2

    @Test("every file with something to run has a test, and no row of the table is without use")
    func map() throws {
        let tests = try Self.testFiles(), rows = try Self.rows()
        let used = Set(tests.values.flatMap { Self.words(of: $0) })
        let twins = Set(tests.keys.map { ($0 as NSString).lastPathComponent })
        for row in rows {
            for test in row.tests { #expect(twins.contains("\(test).swift"), "Tests/README.md names \(test), which is not there") }
        }
        let files = try SourceTree.swiftFiles().map { ($0.path, Self.hasCode($0.lines), Self.declared(in: $0.lines)) }
        var homes: [String: Int] = [:]
        for (_, _, names) in files { for name in names { homes[name, default: 0] += 1 } }
        var needed = Set<String>()
        for (path, hasCode, names) in files where hasCode {
            let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
            if twins.contains("\(name)Tests.swift") { continue }
            if names.contains(where: { homes[$0, default: 0] <= Self.maximumHomes && used.contains($0) }) { continue }
            let places = rows.filter { $0.covers(path) }.map(\.place)
            #expect(!places.isEmpty, "no test uses a name of \(path); add \(name)Tests.swift, or a row to Tests/README.md")
            needed.formUnion(places)
        }
        let idle = rows.map(\.place).filter { !needed.contains($0) }
        #expect(idle.isEmpty, "Tests/README.md has rows that no file needs: \(idle)")
    }

    @Test("declared names are those behind the keywords, and code is a function or a computed value")
    func reading() {
        let lines = ["struct One { let two: Int", "    var three: Int { 1 }", "    func `four`() {}"]
        #expect(Self.declared(in: lines) == ["One", "two", "three", "four"])
        #expect(Self.hasCode(lines) && !Self.hasCode(["struct One { let two: Int }", "enum Three { case four }"]))
    }

    private static func testFiles() throws -> [String: String] {
        let folder = Fixture.root.appending(path: "Tests").path(percentEncoded: false)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        return Dictionary(uniqueKeysWithValues: try paths.map { ($0, try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)) })
    }

    private static func rows() throws -> [Row] {
        let text = try String(contentsOf: Fixture.root.appending(path: "Tests/README.md"), encoding: .utf8)
        let section = text.components(separatedBy: "## Which tests exercise which sources").last?.components(separatedBy: "\n## ").first ?? ""
        return section.matches(of: /(?m)^\| `(\w+\/[\w\/+]*(?:\.swift)?)` \| ([\w, ]+) \|$/).map { match in
            Row(place: String(match.output.1), tests: match.output.2.split(separator: ", ").map(String.init))
        }
    }

    /// Runs of ASCII letters, digits and underscores; by the byte, since characters take minutes here.
    private static func words(of text: String) -> [String] {
        var words: [String] = [], start: Int?
        let bytes = Array(text.utf8)
        for (place, byte) in bytes.enumerated() {
            let isPart = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F
            if isPart, start == nil { start = place }
            if !isPart, let begin = start {
                words.append(String(decoding: bytes[begin..<place], as: UTF8.self))
                start = nil
            }
        }
        if let begin = start { words.append(String(decoding: bytes[begin...], as: UTF8.self)) }
        return words
    }

    private static func declared(in lines: [String]) -> Set<String> {
        var names = Set<String>()
        for line in lines {
            let words = words(of: line)
            for (keyword, name) in zip(words, words.dropFirst()) where keywords.contains(keyword) { names.insert(name) }
        }
        return names
    }

    private static func hasCode(_ lines: [String]) -> Bool {
        lines.contains { line in
            let words = words(of: line)
            if words.contains("func") || words.contains("init") || words.contains("subscript") { return true }
            guard words.contains("var"), let start = line.range(of: "var ") else { return false }
            let value = line.utf8[start.upperBound...].prefix { $0 != UInt8(ascii: "=") }
            return value.contains(UInt8(ascii: "{"))
        }
    }
}
