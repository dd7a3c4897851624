from deepcat.api import Catalog as Catalog
from deepcat.api import Deployment as Deployment
from deepcat.api import open as open
from deepcat.errors import DeepcatError as DeepcatError

__version__: str
