namespace Example.Scoped;

/// <summary>Within it.</summary>
public sealed class Scoped
{
    public void Run() { System.Console.WriteLine("x"); }
}

enum Small { A }
