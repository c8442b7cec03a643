import HostCore

/// The keywords that sampled texts are checked for, straight from their definitions.
struct SchemaValidator {
    let document: JSONValue

    func accepts(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        if let flag = schema.boolValue { return flag }
        guard let schema = schema.objectValue else { return false }
        if schema["nullable"] == true, value.isNull { return true }
        return schema.members.allSatisfy { accepts(value, $0.key, $0.value, in: schema) }
    }

    private func accepts(_ value: JSONValue, _ keyword: String, _ argument: JSONValue, in schema: JSONObject) -> Bool {
        let list = argument.arrayValue ?? []
        switch keyword {
        case "type": return (argument.arrayValue ?? [argument]).contains { isType($0.stringValue ?? "", value) }
        case "const": return value == argument
        case "enum": return list.contains(value)
        case "anyOf": return list.contains { accepts(value, $0) }
        case "oneOf": return list.filter { accepts(value, $0) }.count == 1
        case "allOf": return list.allSatisfy { accepts(value, $0) }
        case "$ref": return accepts(value, target(argument.stringValue ?? ""))
        case "minimum": return value.doubleValue.map { $0 >= argument.doubleValue ?? 0 } ?? true
        case "maximum": return value.doubleValue.map { $0 <= argument.doubleValue ?? 0 } ?? true
        case "exclusiveMinimum": return value.doubleValue.map { $0 > argument.doubleValue ?? 0 } ?? true
        case "exclusiveMaximum": return value.doubleValue.map { $0 < argument.doubleValue ?? 0 } ?? true
        case "multipleOf":
            guard let number = value.doubleValue, let step = argument.doubleValue else { return true }
            return abs(number / step - (number / step).rounded()) < 1e-6
        case "not": return !accepts(value, argument)
        case "if":
            let then = accepts(value, argument)
            return schema[then ? "then" : "else"].map { accepts(value, $0) } ?? true
        case "minLength": return value.stringValue.map { $0.unicodeScalars.count >= argument.intValue ?? 0 } ?? true
        case "maxLength": return value.stringValue.map { $0.unicodeScalars.count <= argument.intValue ?? 0 } ?? true
        case "pattern": return matches(value, argument.stringValue ?? "")
        case "minItems": return value.arrayValue.map { $0.count >= argument.intValue ?? 0 } ?? true
        case "maxItems": return value.arrayValue.map { $0.count <= argument.intValue ?? 0 } ?? true
        case "uniqueItems":
            let items = value.arrayValue ?? []
            return items.indices.allSatisfy { !items[..<$0].contains(items[$0]) }
        case "contains": return value.arrayValue.map { $0.contains { accepts($0, argument) } } ?? true
        case "prefixItems": return zip(value.arrayValue ?? [], list).allSatisfy { accepts($0, $1) }
        case "items" where argument.arrayValue != nil:
            return zip(value.arrayValue ?? [], list).allSatisfy { accepts($0, $1) }
        case "items":
            let prefix = schema["prefixItems"]?.arrayValue?.count ?? 0
            return (value.arrayValue ?? []).dropFirst(prefix).allSatisfy { accepts($0, argument) }
        case "required":
            return value.objectValue.map { object in list.allSatisfy { object[$0.stringValue ?? ""] != nil } } ?? true
        case "properties":
            return (value.objectValue?.members ?? []).allSatisfy {
                argument[$0.key] == nil || accepts($0.value, argument[$0.key] ?? false)
            }
        case "additionalProperties":
            let patterns = schema["patternProperties"]?.objectValue?.keys ?? []
            return (value.objectValue?.members ?? []).allSatisfy { member in
                schema["properties"]?[member.key] != nil || accepts(member.value, argument)
                    || patterns.contains { matches(.string(member.key), $0) }
            }
        case "patternProperties":
            return (value.objectValue?.members ?? []).allSatisfy { member in
                (argument.objectValue?.members ?? []).allSatisfy {
                    !matches(.string(member.key), $0.key) || accepts(member.value, $0.value)
                }
            }
        case "propertyNames":
            return (value.objectValue?.keys ?? []).allSatisfy { accepts(.string($0), argument) }
        case "minProperties": return value.objectValue.map { $0.count >= argument.intValue ?? 0 } ?? true
        case "maxProperties": return value.objectValue.map { $0.count <= argument.intValue ?? 0 } ?? true
        case "dependentRequired":
            guard let object = value.objectValue else { return true }
            return (argument.objectValue?.members ?? []).allSatisfy { key, names in
                object[key] == nil || (names.arrayValue ?? []).allSatisfy { object[$0.stringValue ?? ""] != nil }
            }
        default: return true
        }
    }

    private func isType(_ name: String, _ value: JSONValue) -> Bool {
        switch name {
        case "null": value.isNull
        case "boolean": value.boolValue != nil
        case "integer": value.intValue != nil
        case "number": value.doubleValue != nil
        case "string": value.stringValue != nil
        case "array": value.arrayValue != nil
        default: value.objectValue != nil
        }
    }

    private func matches(_ value: JSONValue, _ pattern: String) -> Bool {
        guard let text = value.stringValue else { return true }
        return (try? Regex(pattern).matchingSemantics(.unicodeScalar).firstMatch(in: text)) ?? nil != nil
    }

    private func target(_ pointer: String) -> JSONValue {
        var value = document
        for part in pointer.split(separator: "/").dropFirst() {
            value = value[part.replacing("~1", with: "/").replacing("%25", with: "%").description] ?? false
        }
        return value
    }
}
