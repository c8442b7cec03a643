import Foundation
import Support
import Testing

/// What a reader meets: functions of a size to see at once, a map that matches the folders, files that are files.
@Suite("The layout of the project")
struct LayoutTests {
    private static let root = Fixture.root.path(percentEncoded: false)

    @Test("functions fit on a screen")
    func functionLengths() throws {
        for file in try SourceTree.swiftFiles() {
            for (line, length) in Self.functions(in: file.lines) {
                #expect(length <= 60, "\(file.path):\(line) has a function of \(length) lines")
            }
        }
    }

    @Test("lengths of functions are counted from the name to the last brace")
    func counting() {
        let lines = ["func a(", "    x: Int", ") {", "    if x { b() }", "}", "init() { }", "protocol P {", "    func c()", "}"]
        let found = Self.functions(in: lines).map { [$0.line, $0.length] }
        #expect(found == [[1, 5], [6, 1]])
    }

    /// Where functions begin, and how many lines they have; declarations without a body are left out.
    private static func functions(in lines: [String]) -> [(line: Int, length: Int)] {
        var found: [(Int, Int)] = []
        for (start, first) in lines.enumerated() {
            guard first.contains("func ") || first.contains("init("), first.contains(/^\s*(\w+(\(\w+\))?\s+)*(func\s+\S|init\()/) else {
                continue
            }
            var parentheses = 0, braces = 0
            scan: for (number, line) in lines[start...].enumerated() {
                for character in line {
                    switch character {
                    case "(": parentheses += 1
                    case ")": parentheses -= 1
                    case "{": braces += 1
                    case "}":
                        braces -= 1
                        if braces == 0, parentheses == 0 {
                            found.append((start + 1, number + 1))
                            break scan
                        }
                        if braces < 0 { break scan }
                    default: break
                    }
                }
                // A declaration ends with its line unless something is still open.
                let isOpen = parentheses > 0 || braces > 0
                let goesOn = lines[start...].dropFirst(number + 1).first?.contains(/^\s*(\)|->|where|\{|throws|async)/) == true
                if !isOpen, !goesOn { break scan }
            }
        }
        return found
    }

    @Test("the file tree of the README names every module, and no other")
    func fileTree() throws {
        let readme = try String(contentsOf: Fixture.root.appending(path: "README.md"), encoding: .utf8)
        let named = Set(readme.matches(of: /(?m)^\s*([A-Z]\w+|modelhost)\/ {2,}\S/).map { String($0.output.1) })
        let modules = Set(try FileManager.default.contentsOfDirectory(atPath: Self.root + "/Sources"))
        let missing = modules.subtracting(named).subtracting(["CSystem"])
        #expect(missing.isEmpty, "\(missing.sorted()) is not in the README's tree")
        let gone = named.subtracting(modules).subtracting(["Tests"])
        #expect(gone.isEmpty, "\(gone.sorted()) is in the README's tree alone")
    }

    /// Files that are right to know one system alone, and why.
    private static let oneSystem = [
        "HostFiles/FolderEvents.swift": "inotify; elsewhere the folder is looked at in turns",
        "HostHTTP/Sockets/EpollPoller.swift": "epoll; KqueuePoller is the other one",
        "HostHTTP/Sockets/KqueuePoller.swift": "kqueue; EpollPoller is the other one",
    ]

    /// No machine of the project can build for macOS: at least no file forgets it.
    @Test("a file that uses the C library of one system uses that of the other, too")
    func systems() throws {
        var found = Set<String>()
        for file in try SourceTree.swiftFiles() {
            let text = file.lines.joined(separator: "\n")
            let hasGlibc = text.contains("import Glibc"), hasDarwin = text.contains("import Darwin")
            guard hasGlibc != hasDarwin else { continue }
            found.insert(file.path)
            #expect(Self.oneSystem[file.path] != nil, "\(file.path) imports \(hasGlibc ? "Glibc" : "Darwin") alone")
        }
        #expect(found == Set(Self.oneSystem.keys))
    }

    @Test("no file is a link to another")
    func links() throws {
        for folder in ["Sources", "Tests", "extensions", "models"] {
            let files = FileManager.default.enumerator(
                at: Fixture.root.appending(path: folder), includingPropertiesForKeys: [.isSymbolicLinkKey])
            while let file = files?.nextObject() as? URL {
                let isLink = try file.resourceValues(forKeys: [.isSymbolicLinkKey]).isSymbolicLink
                #expect(isLink != true, "\(file.path(percentEncoded: false)) is a symbolic link")
            }
        }
    }
}
