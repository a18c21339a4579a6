"""Settings of nbgrader: where solutions are, what students get, what a stub looks like.

nbgrader reads this file when it is run in this folder; `make exercises` does so.
"""

from nbconvert.preprocessors import TagRemovePreprocessor
from nbgrader.converters import GenerateAssignment

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "hierarchical-models"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# The scripts beside the notebooks; exercises get scripts of their own.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.py", "*.pyc", ".*"]

# Stubs run, so that a notebook with open tasks still runs from top to bottom.
c.ClearSolutions.code_stub = {"python": "# Your code here"}
c.ClearSolutions.text_stub = "*Your answer here.*"

# A solution discusses what it finds, in cells tagged "solution-only".
c.TagRemovePreprocessor.enabled = True
c.TagRemovePreprocessor.remove_cell_tags = {"solution-only"}
c.GenerateAssignment.preprocessors = [
    TagRemovePreprocessor,
    *GenerateAssignment.class_traits()["preprocessors"].default_args[0],
]
