import HostFiles

/// Names of things below the model folder, as requests bring them.
enum ModelName {
    /// Refuses names that could lead out of the model folder, before anything looks at the file system.
    static func check(_ name: String, field: String) throws(APIError) {
        if let problem = RelativeName.problem(name) { throw APIError.invalid(field, "\(field) \(problem).") }
    }

    /// Whether a request means this id: `NAME` and `NAME.pth` are the same.
    static func matches(_ id: String, _ name: String) -> Bool { id == name || id == name + ".pth" }
}
