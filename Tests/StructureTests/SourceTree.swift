import Foundation
import Support

/// One source file as the structure rules see it: comments and string contents are blanked, lines kept.
struct SourceFile: Sendable {
    /// Path below `Sources`, such as `HostCore/HostCore.swift`.
    let path: String
    let lines: [String]

    var module: String { String(path.prefix { $0 != "/" }) }
}

enum SourceTree {
    /// Every Swift file below `Sources`; read once for all rules.
    static func swiftFiles() throws -> [SourceFile] { try files.get() }

    private static let files = Result { try readFiles() }

    private static func readFiles() throws -> [SourceFile] {
        let sources = Fixture.root.appending(path: "Sources").path(percentEncoded: false)
        return try FileManager.default.subpathsOfDirectory(atPath: sources).filter { $0.hasSuffix(".swift") }.sorted()
            .map { path in
                let text = try String(contentsOfFile: sources + "/" + path, encoding: .utf8)
                return SourceFile(path: path, lines: code(of: text))
            }
    }

    /// The lines without what stands in comments and string literals, so that words there are not taken for code.
    static func code(of text: String) -> [String] {
        var isInComment = false
        var isInText = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var rest = String(line)
            if isInComment {
                guard let end = rest.range(of: "*/") else { return "" }
                isInComment = false
                rest = String(rest[end.upperBound...])
            }
            if isInText || rest.contains("\"\"\"") {
                // A multi-line literal begins or ends on this line; what stands beside its quotes is kept.
                guard rest.contains("\"\"\"") else { return "" }
                let parts = rest.components(separatedBy: "\"\"\"")
                let kept = isInText ? parts.dropFirst().joined() : parts[0]
                if parts.count % 2 == 0 { isInText.toggle() }
                rest = kept
            }
            if rest.utf8.contains(UInt8(ascii: "\"")) { rest = withoutStrings(rest) }
            if let comment = rest.range(of: "//") { rest = String(rest[..<comment.lowerBound]) }
            if let start = rest.range(of: "/*"), !rest[start.upperBound...].contains("*/") {
                isInComment = true
                rest = String(rest[..<start.lowerBound])
            }
            return rest
        }
    }

    /// The line with every string literal emptied.
    private static func withoutStrings(_ line: String) -> String {
        var result = ""
        var isInside = false
        var isEscaped = false
        for character in line {
            if isInside {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    isInside = false
                    result.append(character)
                }
            } else {
                isInside = character == "\""
                result.append(character)
            }
        }
        return result
    }
}
