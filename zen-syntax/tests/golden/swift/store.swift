// Copyright of somebody.

import Foundation
@testable import struct Core.Thing

/// How many.
public let maxItems: Int = 10
var hidden = "x", other: Int?
fileprivate let secret = 1
private var veryPrivate: Int { 2 }

/// Names a function.
public typealias Handler<T> = (T) async throws -> Void

/**
 What goes wrong.

 - Note: not much
 */
public enum StoreError: Error, Equatable {
    /// Nothing there.
    case missing
    case broken(reason: String, Int = 3)
    case a, b(Int)
    indirect case nested(StoreError)
    var text: String { "" }
}

enum Level: Int {
    case low = 1
    case high
}

/// What stores.
public protocol Storing: AnyObject, Sendable where Item: Hashable {
    associatedtype Item: Equatable = Int
    /// How many.
    var count: Int { get }
    static var shared: Self { get set }
    init(count: Int)
    /// Adds.
    func add(_ item: Item) throws
    subscript(index: Int) -> Item { get }
}

/// A store.
@available(iOS 13, *)
@MainActor
open class Store<T: Hashable>: Base<T>, Storing, @unchecked Sendable where T: Comparable {
    public static let shared = Store()
    /// The count.
    @Published public private(set) var count: Int = 0
    internal var items: [T] = []
    weak var delegate: StoreDelegate?
    lazy var cache: [String: Int] = [:]
    fileprivate let token = 1

    /// Whether it is empty.
    open var isEmpty: Bool {
        return items.isEmpty
    }

    var size: Int {
        get { 1 }
        set { count = newValue }
    }

    public required init(count: Int) {
        self.count = count
        super.init()
    }

    convenience init?(name: String) { self.init(count: 1) }

    deinit {}

    /// Adds an item.
    ///
    /// More.
    ///
    /// - Parameters:
    ///   - item: what to add,
    ///     on two lines
    ///   - index: where
    /// - Returns: how many
    /// - Throws: `StoreError` if not
    /// - Note: slow
    /// - Complexity: O(1)
    @discardableResult
    public override func add(_ item: T, at index: Int = 0, rest: String...) async throws -> Int {
        func inner() {}
        let local = 1
        inner()
        items.append(item)
        try await helper(item, local)
        return Store<Int>(count: 1).count
    }

    /// Finds.
    /// - Parameter name: which
    final func find<U>(name: inout String, _ f: @escaping (U) -> Void) rethrows -> U? where U: Codable { nil }

    public subscript(index: Int) -> T {
        get { items[index] }
    }

    static func == (a: Store, b: Store) -> Bool { true }
    class func make() -> Store { Store(count: 1) }

    private struct Inner {
        var a = 1
        public func b() {}
    }
}

struct Point {
    let x, y: Double
    private var z: Double = 0
    @State var w: Int
    mutating func move(by d: Double) {}
    nonisolated func stay() {}
}

/// Extra.
extension Store: CustomStringConvertible, Codable where T: Codable {
    public var description: String { "store" }
    func extra() {}
}

public extension Point {
    func published() {}
    private func notPublished() {}
    static let zero = Point(x: 0, y: 0, w: 0)
}

private extension Point {
    func secret() {}
}

/// An actor.
public actor Worker {
    var jobs = 0
    public func work() async { await run() }
}

@propertyWrapper
struct Clamped {
    var wrappedValue: Int
}

/// Adds.
func add<T: Numeric>(_ a: T, _ b: T) -> T { a + b }

infix operator +++: AdditionPrecedence
public func +++ (a: Int, b: Int) -> Int { a }

@attached(member) public macro Observable() = #externalMacro(module: "M", type: "T")

@objc public func legacy() {}

#if DEBUG
func debugOnly() {}
#endif

final class Impl: Store<Int> {
    override func add(_ item: Int, at index: Int, rest: String...) async throws -> Int { 1 }
}
