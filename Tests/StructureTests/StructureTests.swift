import Foundation
import Support
import Testing

/// The architecture as rules: tiers, visibility, unsafe code, and what may lie where.
@Suite("The structure of the project")
struct StructureTests {
    /// Modules by tier, as the head of the manifest lists them; a module imports only from lower tiers. Headers of the C
    /// library come before all.
    static let tiers: [[String]] = {
        let manifest = try? String(contentsOf: Fixture.root.appending(path: "Package.swift"), encoding: .utf8)
        let lines = manifest?.matches(of: /(?m)^\/\/   tier \d+  (.+)$/) ?? []
        return [["CSystem"]] + lines.map { $0.output.1.split(separator: " · ").map(String.init) }
    }()

    static let tierOf = Dictionary(
        uniqueKeysWithValues: tiers.enumerated().flatMap { tier, modules in modules.map { ($0, tier) } })

    /// Where raw memory may be touched: whole modules, and single files or folders of others.
    static let unsafePlaces = [
        "HostRuntime/ProcessSignals.swift", "HostCompute/Tensors/", "HostComputeCPU/", "HostComputeCUDA/", "HostCheckpoints/", "HostFiles/",
        "HostHTTP/Sockets/", "HostRuntime/ComputeThread.swift",
        "HostExtensions/ExtensionLibrary.swift", "HostHub/Transport/Curl", "HostServer/Page/PageFiles.swift",
        "modelhost/Terminal/RawTerminal.swift", "HostCore/Loading/DecodedBytes.swift", "HostCore/Checkpoints/",
    ]

    static let topLevel: Set<String> = [
        "Package.swift", "Sources", "Tests", "models", "extensions", "settings.json", "README.md",
    ]

    @Test("a module imports only from tiers below its own")
    func imports() throws {
        for file in try SourceTree.swiftFiles() {
            let tier = try #require(Self.tierOf[file.module], "\(file.path) is in a module that has no tier")
            for line in file.lines where line.contains("import") {
                guard let match = line.firstMatch(of: /^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:\w+\s+)?(\w+)/),
                    let importedTier = Self.tierOf[String(match.output.1)]
                else { continue }
                #expect(importedTier < tier, "\(file.path): \(line)")
            }
        }
    }

    @Test("HostCore imports nothing but the standard library")
    func coreStandsAlone() throws {
        let allowed: Set<Substring> = ["Synchronization"]
        for file in try SourceTree.swiftFiles() where file.module == "HostCore" {
            for line in file.lines where line.contains("import") {
                if let match = line.firstMatch(of: /\bimport\s+(\w+)/) {
                    #expect(allowed.contains(match.output.1), "\(file.path): \(line)")
                }
            }
        }
    }

    @Test("no enum of HostCore is frozen, so that a new case breaks no compiled extension")
    func openEnums() throws {
        for file in try SourceTree.swiftFiles() where file.module == "HostCore" {
            for line in file.lines { #expect(!line.contains("@frozen"), "\(file.path): \(line)") }
        }
    }

    @Test("every public declaration of HostCore says what it is; see Documentation for the exceptions")
    func documentation() throws {
        let folder = Fixture.root.appending(path: "Sources/HostCore").path(percentEncoded: false)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }.sorted()
        let missing = Documentation(of: try paths.map { ($0, try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)) }).missing
        #expect(missing.isEmpty, "without a doc comment: \(missing.joined(separator: ", "))")
    }

    @Test("Tests/README.md says where every fixture is from, and what every code in a test's name stands for")
    func provenance() throws {
        let tests = Fixture.root.appending(path: "Tests").path(percentEncoded: false)
        let text = try String(contentsOfFile: tests + "/README.md", encoding: .utf8)
        for folder in try FileManager.default.contentsOfDirectory(atPath: tests + "/Fixtures") where !folder.contains(".") {
            #expect(text.contains("`Fixtures/\(folder)"), "Fixtures/\(folder) is not in Tests/README.md")
        }
        for folder in try FileManager.default.contentsOfDirectory(atPath: tests + "/Fuzz") where !folder.contains(".") {
            #expect(text.contains("`Fuzz/\(folder)"), "Fuzz/\(folder) is not in Tests/README.md")
        }
        let rows = text.split(separator: "\n").compactMap { $0.firstMatch(of: /^\| ([A-Z0-9, ]+) \|/)?.output.1 }
        let codes = Set(rows.flatMap { $0.matches(of: /[A-Z]\d+/) }.map { String($0.output) })
        for path in try FileManager.default.subpathsOfDirectory(atPath: tests) where path.hasSuffix("Tests.swift") {
            for line in try String(contentsOfFile: tests + "/" + path, encoding: .utf8).split(separator: "\n") where line.contains("@Test(\"") {
                for code in line.matches(of: /(?:\("|to |, |\()([A-FPW]\d{1,2})(?=:| to |, [A-FPW]\d|\))/).map({ String($0.output.1) }) {
                    #expect(codes.contains(code), "\(path): Tests/README.md does not say what \(code) is")
                }
            }
        }
    }

    @Test("no file of the project names a path above its root")
    func insideRoot() throws {
        let root = Fixture.root.path(percentEncoded: false)
        let climbing = "../sha" + "red"
        for folder in ["Sources", "Tests", "extensions", "models", ".ci", ".github"] {
            for path in try FileManager.default.subpathsOfDirectory(atPath: root + folder) {
                guard ["swift", "py", "md", "sh", "json", ""].contains((path as NSString).pathExtension),
                    let text = try? String(contentsOfFile: "\(root)\(folder)/\(path)", encoding: .utf8)
                else { continue }
                #expect(!text.contains(climbing), "\(folder)/\(path)")
            }
        }
    }

    @Test("only HostCore has public declarations")
    func visibility() throws {
        for file in try SourceTree.swiftFiles() where file.module != "HostCore" {
            for line in file.lines where line.contains("public") || line.contains("open") {
                #expect(!line.contains(/\b(public|open)\s+\w/), "\(file.path): \(line)")
            }
        }
    }

    @Test("unsafe code stays in its few places")
    func unsafeCode() throws {
        for file in try SourceTree.swiftFiles()
        where !Self.unsafePlaces.contains(where: { file.path.hasPrefix($0) }) {
            for line in file.lines where line.contains("nsafe") {
                #expect(!line.contains(/\bunsafe\b|Unsafe(Mutable|Raw|Buffer|Pointer)/), "\(file.path): \(line)")
            }
        }
    }

    /// See `Guarded`: a lock near a continuation must be one that tells after it is released.
    @Test("no plain lock lies beside a continuation")
    func locks() throws {
        for file in try SourceTree.swiftFiles() where file.path != "HostRuntime/Guarded.swift" {
            let text = file.lines.joined(separator: "\n")
            let isNear = text.contains("CheckedContinuation") || text.contains(/\.resume\((returning|throwing|with)/)
            #expect(!(isNear && text.contains(/\bMutex[(<]/)), "\(file.path) holds a continuation and a Mutex; use Guarded")
        }
    }

    @Test("every file with a lock stands in the table of locks, and the table names no other")
    func lockTable() throws {
        let table = try String(contentsOf: Fixture.root.appending(path: "Sources/HostRuntime/Locks.md"), encoding: .utf8)
        let named = Set(table.matches(of: /\| (\w+\/[\w\/+.]+\.swift) \|/).map { String($0.output.1) })
        let holding = Set(
            try SourceTree.swiftFiles().filter { file in
                file.path != "HostRuntime/Guarded.swift" && !file.path.hasPrefix("modelhost/Bench/")
                    && file.lines.contains { line in
                        // The expression is slow, and hardly any line has one of the words.
                        ["Mutex", "Guarded", "DispatchSemaphore", "NSCondition"].contains(where: line.contains)
                            && line.contains(/\b(Mutex[(<]|Guarded\(|DispatchSemaphore\(|NSCondition\(\))/)
                    }
            }.map(\.path))
        #expect(named == holding, "\(named.symmetricDifference(holding).sorted())")
    }

    @Test("the sources neither trap on purpose nor leave work undone")
    func manners() throws {
        for file in try SourceTree.swiftFiles() {
            for line in file.lines where line.contains("fatal") || line.contains("!") {
                #expect(!line.contains(/\bfatalError\b|\btry!|\bas!/), "\(file.path): \(line)")
            }
        }
        let sources = Fixture.root.appending(path: "Sources").path(percentEncoded: false)
        for path in try FileManager.default.subpathsOfDirectory(atPath: sources) {
            guard ["swift", "c", "h", "inc"].contains((path as NSString).pathExtension) else { continue }
            let text = try String(contentsOfFile: sources + "/" + path, encoding: .utf8)
            for mark in ["TODO", "FIXME", "HACK", "XXX"] { #expect(!text.contains(mark), "\(path): \(mark)") }
        }
    }

    @Test("only the terminal commands print")
    func printing() throws {
        for file in try SourceTree.swiftFiles() where file.module != "modelhost" {
            for line in file.lines where line.contains("print(") {
                #expect(!line.contains(/(^|[^.\w])print\(/), "\(file.path): \(line)")
            }
        }
    }

    @Test("files stay short enough to read in one sitting")
    func fileLengths() throws {
        let lengths = try SourceTree.swiftFiles().map { ($0.path, $0.lines.count) }
        for (path, length) in lengths { #expect(length <= 450, "\(path) has \(length) lines") }
        let sorted = lengths.map(\.1).sorted()
        let median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        #expect(median <= 160, "the median file has \(median) lines")
    }

    @Test("nothing unexpected lies at the top level")
    func topLevelEntries() throws {
        let root = Fixture.root.path(percentEncoded: false)
        let entries = try FileManager.default.contentsOfDirectory(atPath: root).filter { !$0.hasPrefix(".") }
        // SwiftPM may write Package.resolved; it is ignored by git.
        let unexpected = Set(entries).subtracting(Self.topLevel).subtracting(["Package.resolved"])
        #expect(unexpected.isEmpty, "\(unexpected.sorted())")
        #expect(Self.topLevel.subtracting(entries).isEmpty, "\(Self.topLevel.subtracting(entries).sorted()) is missing")
    }

    @Test("the manifest has no packages, and its edges follow the tiers")
    func manifest() throws {
        let text = try String(contentsOf: Fixture.root.appending(path: "Package.swift"), encoding: .utf8)
        #expect(text.contains("dependencies: [],"))
        #expect(!text.contains(".package("))
        let targets = Set(text.matches(of: /\.(?:systemLibrary|target|executableTarget)\(\s*name: "(\w+)"/).map { String($0.output.1) })
        let helpers: Set = ["Support", "TestDevices", "TestEngines"]
        #expect(targets.subtracting(helpers) == Set(Self.tierOf.keys))
    }

    @Test("every source module has its tests")
    func testFolders() throws {
        let tests = try FileManager.default.contentsOfDirectory(
            atPath: Fixture.root.appending(path: "Tests").path(percentEncoded: false))
        // C kernels are tested through HostComputeCPU, the C library's headers through HostHTTP.
        for module in Self.tierOf.keys where !module.hasPrefix("C") {
            #expect(tests.contains("\(module)Tests"), "\(module) has no tests")
        }
    }
}
