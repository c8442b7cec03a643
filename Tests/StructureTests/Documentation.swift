/// Which declarations of HostCore need a sentence, and which have none.
///
/// Every `public` declaration and every requirement of a public protocol has a doc comment. Three kinds need none, since
/// another comment says it already:
/// - what fulfils a requirement of a protocol that the type's own declaration or extension names, and what is a protocol's
///   default; the requirement is documented;
/// - an initialiser that takes nothing, or only the values of documented properties under their names;
/// - cases of an enum whose name is the whole meaning; they are not `public` in the grammar.
struct Documentation {
    /// A type, protocol or extension that is open while lines are read.
    private struct Scope {
        let name: String
        let conformances: Set<String>
        let isPublicProtocol: Bool
        let indentation: Int
    }

    /// Requirements that the standard library documents.
    private static let standard: [String: Set<String>] = [
        "Equatable": ["=="], "Hashable": ["==", "hash"], "Comparable": ["<", "=="], "CustomStringConvertible": ["description"],
        "ExpressibleByStringLiteral": ["init(stringLiteral"], "ExpressibleByIntegerLiteral": ["init(integerLiteral"],
        "ExpressibleByFloatLiteral": ["init(floatLiteral"], "ExpressibleByBooleanLiteral": ["init(booleanLiteral"],
        "ExpressibleByArrayLiteral": ["init(arrayLiteral"], "ExpressibleByDictionaryLiteral": ["init(dictionaryLiteral"],
        "ExpressibleByNilLiteral": ["init(nilLiteral"],
    ]

    private var requirements = Documentation.standard
    private var bases: [String: Set<String>] = [:]
    private var properties: [String: Set<String>] = [:]
    private var undocumented: [(path: String, line: Int, scope: Scope?, name: String, parameters: [String]?)] = []

    /// - Parameter files: path and text of every file of HostCore.
    init(of files: [(path: String, text: String)]) {
        for (path, text) in files { read(text, at: path) }
    }

    /// What lacks a comment, as `path:line: name`.
    var missing: [String] {
        undocumented.filter { entry in
            guard let scope = entry.scope else { return true }
            if let parameters = entry.parameters, Set(parameters).isSubset(of: properties[scope.name] ?? []) { return false }
            return scope.isPublicProtocol || !fulfilled(by: scope.conformances.union([scope.name])).contains(entry.name)
        }.map { "\($0.path):\($0.line): \($0.name)" }
    }

    private func fulfilled(by protocols: Set<String>) -> Set<String> {
        protocols.reduce(into: []) { names, one in
            names.formUnion(requirements[one] ?? [])
            if let bases = bases[one], !bases.isEmpty { names.formUnion(fulfilled(by: bases)) }
        }
    }

    private mutating func read(_ text: String, at path: String) {
        let original = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingPrefix(/\s*/) }
        let lines = SourceTree.code(of: text)
        var scopes: [Scope] = []
        for (number, line) in lines.enumerated() {
            let code = line.trimmingPrefix(/\s*/)
            guard !code.isEmpty else { continue }
            let indentation = line.count - code.count
            // What begins as far left as a scope did is not in it; a brace or parenthesis there only ends its header.
            let endsHeader = code.hasPrefix("{") || code.hasPrefix(")")
            while !endsHeader, let scope = scopes.last, indentation <= scope.indentation { scopes.removeLast() }
            let isRequirement = scopes.last?.isPublicProtocol == true && indentation == scopes.last.map { $0.indentation + 4 }
            let isDocumented = Self.hasComment(above: number, in: original)
            if let found = code.firstMatch(of: /^(public )?(?:final |indirect )?(struct|enum|class|protocol|extension) ([\w.]+)/) {
                let header = Self.header(lines, from: number)
                let conformances = header.split(separator: ":", maxSplits: 1).dropFirst().joined()
                let names = Set(conformances.matches(of: /\w+/).map { String($0.output) })
                let isPublic = found.output.1 != nil, kind = found.output.2, name = String(found.output.3)
                let isPublicProtocol = isPublic && kind == "protocol"
                if isPublic, !isDocumented { undocumented.append((path, number + 1, nil, name, nil)) }
                if kind == "protocol" { bases[name] = names }
                scopes.append(
                    Scope(name: name, conformances: names, isPublicProtocol: isPublicProtocol, indentation: indentation))
            } else if isRequirement || code.contains(/^(?:@\w+(?:\([^)]*\))?\s)*public\s/), let name = Self.name(of: code) {
                if isRequirement, let scope = scopes.last { requirements[scope.name, default: []].insert(name) }
                if let scope = scopes.last, code.contains(/\b(?:let|var)\s/) { properties[scope.name, default: []].insert(name) }
                let parameters = name.hasPrefix("init") ? Self.parameters(Self.header(lines, from: number)) : nil
                if !isDocumented { undocumented.append((path, number + 1, scopes.last, name, parameters)) }
            }
        }
    }

    /// The declaration from its first line to its body.
    private static func header(_ lines: [String], from start: Int) -> String {
        var header = ""
        for line in lines[start...].prefix(12) {
            header += line + " "
            if line.contains("{") { break }
        }
        return String(header.prefix { $0 != "{" })
    }

    private static func hasComment(above number: Int, in lines: [Substring]) -> Bool {
        var above = number - 1
        while above >= 0, lines[above].hasPrefix("@") { above -= 1 }
        return above >= 0 && lines[above].hasPrefix("///")
    }

    /// The name by which a requirement and what fulfils it are compared; an initialiser's has its first label.
    private static func name(of code: Substring) -> String? {
        if let found = code.firstMatch(of: /\binit\((?:(\w+))?/) { return "init(" + (found.output.1 ?? "") }
        if let found = code.firstMatch(of: /\b(?:let|var|case|typealias|associatedtype) (\w+)/) { return String(found.output.1) }
        if let found = code.firstMatch(of: /\bfunc ([^\s(<]+|<)/) { return String(found.output.1) }
        return code.contains(/\bsubscript\b/) ? "subscript" : nil
    }

    /// The names of an initialiser's parameters, as its body knows them.
    private static func parameters(_ header: String) -> [String] {
        header.matches(of: /[(,]\s*(?:\w+ )?(\w+)\s*:/).map { String($0.output.1) }
    }
}
