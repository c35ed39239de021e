// Copyright: nobody.
#nullable enable
using System;
using System.Collections.Generic;
using static System.Math;
using Json = Newtonsoft.Json.Linq;
global using global::System.Linq;

[assembly: CLSCompliant(true)]

namespace Example.Net
{
    using System.Threading.Tasks;

    /// <summary>
    /// Talks to a server; see <see cref="Server.Run(int)"/> and
    /// <see href="https://example.org">the site</see>.
    /// </summary>
    /// <remarks>
    /// Safe for threads.
    /// <para>Use <c>using</c> &amp; dispose.</para>
    /// <list type="bullet">
    /// <item><description>First &lt;T&gt;.</description></item>
    /// <item><term>Second</term><description>of them.</description></item>
    /// </list>
    /// </remarks>
    /// <typeparam name="T">What is sent.</typeparam>
    /// <example>
    /// <code>
    /// var c = new Client&lt;int&gt;();
    ///   c.Run();
    /// </code>
    /// </example>
    [Serializable, Obsolete("old")]
    [DebuggerDisplay("{Name}")]
    public abstract partial class Client<T, in U> : ClientBase<T>, IDisposable, IAsyncEnumerable<T>
        where T : class, new()
        where U : struct
    {
        /// <summary>The port.</summary>
        public const int Port = 80, SecurePort = 443;

        private const string Hidden = "x";

        /// <summary>Shared by all.</summary>
        public static readonly HttpClient Shared = new HttpClient();

        /// <summary>How many.</summary>
        protected internal volatile int _count, _more = 3;
        public static int Total;
        private int secret;

        /// <summary>Says that it ended.</summary>
        public event EventHandler<ClientArgs>? Closed, Opened;

        public event Action Custom
        {
            add { Closed += value; }
            remove { Closed -= value; }
        }

        static Client() { Total = 0; }

        /// <summary>Makes one.</summary>
        /// <param name="name">Its name.</param>
        /// <param name="options">What
        /// else.</param>
        protected Client(string name, params object[] options) : base(name) { Init(name); }

        ~Client() { }

        /// <summary>The name.</summary>
        /// <value>Never empty.</value>
        public virtual required string Name { get; private protected set; } = "x";

        public int Count => _count;

        internal static T? Last { get { return null; } }

        /// <inheritdoc/>
        public string this[int index, string key = "a"]
        {
            get => "x";
            init => _count = index;
        }

        /// <summary>Sends it.</summary>
        /// <param name="body">What <paramref name="body"/> is.</param>
        /// <returns>The answer, or <see langword="null"/>.</returns>
        /// <exception cref="T:System.ArgumentNullException">Without body.</exception>
        /// <exception cref="HttpException">Server says no.</exception>
        [Pure]
        [return: NotNull]
        public async Task<R?> SendAsync<R>(
            [NotNull] string body, // what
            in CancellationToken token = default,
            ref int tries)
            where R : unmanaged
        {
            var x = new List<Dictionary<string, int>>(3);
            await this.Inner.Post(body).ConfigureAwait(false);
            Closed?.Invoke(this, new ClientArgs { A = 1 });
            base.Check<int>(nameof(body));
            Json.JToken.Parse("x");
            int Local(int a) => a;
            return Abs(Local(1));
        }

        void IDisposable.Dispose() { }

        unsafe static extern void Poke(byte* at, int length);

        protected abstract void Check();

        private protected void Half() { }

        public static Client<T, U> operator +(Client<T, U> a, Client<T, U> b) => a;
        public static bool operator true(Client<T, U> a) => true;
        public static explicit operator string(Client<T, U> a) => a.Name;
        public static implicit operator List<int>(Client<T, U> a) => new();

        class Inner { public void Shown() { } }

        public interface INested { void M(); }

#if NET8_0
        /// <summary>Only there.</summary>
        public void OnlyThere() { }

        void Defaults() { }
#else
        public void OnlyHere() { }
#endif
    }

    /** <summary>Extends strings.</summary> */
    static class StringExtensions
    {
        public static bool IsBlank(this string? text, bool trim = true) => text!.Trim().Length == 0;
    }

    /// Plain text, without tags.
    public interface IRepository<out T> : IEnumerable<T>, Other.IBase
    {
        T Find(int id);
        int Count { get; }
        event Action Changed;
        private void Help() { }
        static abstract T Zero { get; }
        void Default() { }
        class Nested { }
    }

    [Flags]
    public enum Mode : byte
    {
        /// <summary>Nothing.</summary>
        None = 0,
        [Obsolete]
        Read = 1 << 0,
        Write,
    }

    /// <summary>Called back.</summary>
    /// <param name="sender">Who.</param>
    public delegate Task<bool> Callback<in T>(object sender, T args) where T : EventArgs;

    public readonly ref struct Span2 : IEquatable<Span2>
    {
        public readonly int X, Y;
        int hidden;
        public Span2(int x) { X = x; Y = 0; }
    }

    /// <summary>A point.</summary>
    /// <param name="X">Across.</param>
    public record Point(int X, int Y = 0) : Shape(X), IShape
    {
        public int Sum => X + Y;
    }

    public readonly record struct Pair<A>(A First);

    internal sealed record Plain { public string? Name { get; init; } }

    class IOThing : IOException { }

    file class FileOnly(int seed, string name) : Base(seed) { }
}
