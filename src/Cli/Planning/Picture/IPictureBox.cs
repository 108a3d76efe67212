using System.Xml.Linq;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>A part of the picture that knows its size before it has a place.</summary>
internal interface IPictureBox
{
    double Width { get; }

    double Height { get; }

    XElement Draw(double x, double y);
}
